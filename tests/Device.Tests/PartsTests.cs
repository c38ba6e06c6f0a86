using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Device.Tests;

public class PartsTests
{
    [Theory]
    [InlineData(PayloadFormat.Json)]
    [InlineData(PayloadFormat.Cbor)]
    public void A_body_is_read_as_it_was_written(PayloadFormat format) => Prop.ForAll(Texts, Texts, (texts, map) =>
    {
        var answer = ProvisioningPayload.Read(format, ProvisioningPayload.Write(format, texts, "the map", map));
        answer.Texts.ShouldBe(texts, ignoreOrder: true);
        answer.Maps["the map"].ShouldBe(map, ignoreOrder: true);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(PayloadFormat.Json, "")]
    [InlineData(PayloadFormat.Json, "[]")]
    [InlineData(PayloadFormat.Json, "{\"a\": ")]
    [InlineData(PayloadFormat.Cbor, "")]
    [InlineData(PayloadFormat.Cbor, "{}")]
    public void What_is_no_body_is_refused(PayloadFormat format, string body) =>
        Should.Throw<FormatException>(() => ProvisioningPayload.Read(format, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Null_values_are_passed_over_and_numbers_are_texts()
    {
        var answer = ProvisioningPayload.Read(PayloadFormat.Json, "{\"thingName\": null, \"statusCode\": 400, \"list\": [1]}"u8.ToArray());

        answer.Texts.ShouldBe(new Dictionary<string, string> { ["statusCode"] = "400" });
    }

    [Fact]
    public void A_quantile_is_at_most_a_thirtieth_too_high() => Prop.ForAll(
        Gen.Choose(0, 50_000_000).NonEmptyListOf().ToArbitrary(), Gen.Elements(0.5, 0.95, 0.99, 1.0).ToArbitrary(), (microseconds, quantile) =>
    {
        var histogram = new LatencyHistogram();
        foreach (var value in microseconds) histogram.Record(TimeSpan.FromMicroseconds(value));
        var exact = microseconds.Order().ElementAt((int)Math.Ceiling(microseconds.Count * quantile) - 1);

        histogram.At(quantile).TotalMicroseconds.ShouldBeInRange(exact, (exact * 1.032) + 1);
        histogram.Summary().Maximum.TotalMicroseconds.ShouldBe(microseconds.Max());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_hour_and_more_is_an_hour()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromDays(2));

        histogram.At(1).ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public void Waits_double_up_to_their_bound_and_are_spread()
    {
        var policy = new RetryPolicy { FirstDelay = TimeSpan.FromSeconds(1), MaximumDelay = TimeSpan.FromSeconds(5) };

        Enumerable.Range(1, 5).Select(attempt => policy.DelayAfter(attempt, 1).TotalSeconds).ShouldBe([1, 2, 4, 5, 5]);
        policy.DelayAfter(3, 0.25).ShouldBe(TimeSpan.FromSeconds(1));
        policy.DelayAfter(1_000_000, 1).ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Losses_are_forgotten_over_a_connection_that_worked_for_long_and_no_other()
    {
        var policy = new RetryPolicy { ForgetLossesAfter = TimeSpan.FromMinutes(1) };

        policy.CountLoss(0, TimeSpan.Zero).ShouldBe(1);
        policy.CountLoss(6, TimeSpan.FromSeconds(59)).ShouldBe(7);
        policy.CountLoss(6, TimeSpan.FromMinutes(1)).ShouldBe(1);
    }

    [Theory]
    [InlineData("--host is required.")]
    [InlineData("--nonsense is not known.", "--nonsense", "1")]
    [InlineData("--host needs a value.", "--host")]
    [InlineData("--format is json or cbor.", "--host", "h", "--root-ca", "", "--template", "t", "--format", "xml")]
    [InlineData("--parameter x: write NAME=VALUE.", "--host", "h", "--root-ca", "", "--template", "t", "--parameter", "x")]
    [InlineData("--port is a number above 0.", "--host", "h", "--root-ca", "", "--template", "t", "--port", "no")]
    public void A_wrong_argument_is_named(string message, params string[] args)
    {
        var roots = Path.GetTempFileName();
        File.WriteAllText(roots, Credentials.Make().CertificatePem);
        var complete = args.Select(argument => argument.Length == 0 ? roots : argument).ToArray();

        Should.Throw<FormatException>(() =>
        {
            if (message.StartsWith("--host is", StringComparison.Ordinal)) complete = ["--root-ca", roots];
            ProvisionArguments.Parse(complete).Options();
        }).Message.ShouldBe(message);
        File.Delete(roots);
    }

    static Arbitrary<Dictionary<string, string>> Texts => (
        from names in ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get))).ListOf()
        from value in ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)))
        select names.Distinct(StringComparer.Ordinal).ToDictionary(name => name, name => value + name)).ToArbitrary();
}
