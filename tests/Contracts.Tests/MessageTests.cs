using System.Text.Json;
using System.Text.Json.Nodes;
using FleetPlatform.ServiceDefaults;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Contracts.Tests;

public sealed class MessageTests
{
    static readonly JsonSerializerOptions Wire = WireJson.Options;
    static readonly JsonSerializerOptions Readable = new(Wire) { WriteIndented = true, NewLine = "\n" };

    public static TheoryData<Type> Messages => [.. Samples.Messages];

    [Fact]
    public void Every_name_on_the_wire_is_used_once_and_carries_a_version()
    {
        var names = Samples.Messages.Select(Samples.UrnOf).ToList();

        names.ShouldBeUnique();
        names.ShouldAllBe(name => System.Text.RegularExpressions.Regex.IsMatch(name!, "^fleet:[a-z]+(-[a-z]+)*:v[1-9][0-9]*$"));
    }

    [Fact]
    public void Queues_of_requests_are_named_after_messages_so_no_two_share_a_class_name() =>
        Samples.Messages.Select(type => type.Name).ShouldBeUnique();

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_travels_as_its_golden_file_says(Type type)
    {
        var text = JsonSerializer.Serialize(new Samples().Make(type), type, Readable) + "\n";

        Repository.Hold(Path.Combine(Repository.Golden, $"{Samples.UrnOf(type)!.Replace(':', '.')}.json"), text);
    }

    [Fact]
    public void No_golden_file_is_left_of_a_message_that_is_gone() =>
        Directory.GetFiles(Repository.Golden).Select(Path.GetFileNameWithoutExtension)
            .ShouldBe(Samples.Messages.Select(type => Samples.UrnOf(type)!.Replace(':', '.')), ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Messages))]
    public void What_is_written_is_read_back(Type type) => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        var written = JsonSerializer.Serialize(new Samples(new Random(seed)).Make(type), type, Wire);
        return JsonSerializer.Serialize(JsonSerializer.Deserialize(written, type, Wire), type, Wire) == written;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(20).WithQuietOnSuccess(true));

    [Theory]
    [MemberData(nameof(Messages))]
    public void Members_that_a_reader_does_not_know_are_ignored(Type type)
    {
        var message = JsonSerializer.SerializeToNode(new Samples().Make(type), type, Wire)!.AsObject();
        message["addedLater"] = new JsonObject { ["some"] = "thing" };

        Should.NotThrow(() => JsonSerializer.Deserialize(message, type, Wire));
    }
}
