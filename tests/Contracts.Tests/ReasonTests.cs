using System.Text;
using System.Text.RegularExpressions;

namespace FleetPlatform.Contracts.Tests;

public sealed partial class ReasonTests
{
    [Fact]
    public void Every_reason_is_documented_as_it_is()
    {
        var page = new StringBuilder("""
            # Every error

            Generated from `libraries/Contracts/Common/Reasons.cs`; a test holds the two together. The code is what flows (`fleet why`), logs and metrics carry.
            A device is told status code and error code in the rejected message; a REST client is told the exception and the HTTP status, as AWS IoT names them.

            | code | device is told | REST client is told | what to do |
            |---|---|---|---|

            """);
        foreach (var reason in Reasons.All.Values.OrderBy(reason => reason.Code, StringComparer.Ordinal))
            page.Append($"| `{reason.Code}` | {reason.MqttStatus} {reason.MqttErrorCode} | {reason.RestStatus} {reason.RestException} | {reason.Remedy} |\n");

        Repository.Hold(Path.Combine(Repository.Docs, "errors.md"), page.ToString());
    }

    [Fact]
    public void Every_reason_can_be_acted_on()
    {
        foreach (var reason in Reasons.All.Values)
        {
            Code().IsMatch(reason.Code).ShouldBeTrue(reason.Code);
            reason.MqttStatus.ShouldBeInRange(400, 599, reason.Code);
            reason.RestStatus.ShouldBeInRange(400, 599, reason.Code);
            reason.Remedy.ShouldEndWith(".", customMessage: reason.Code);
            Reasons.Of(reason.Code).ShouldBe(reason);
        }
    }

    [Fact]
    public void An_undocumented_code_is_an_internal_error() => Reasons.Of("no-such-code").ShouldBe(Reasons.Internal);

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Code();
}
