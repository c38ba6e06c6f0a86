using System.Diagnostics;
using System.Globalization;
using System.Text;
using FleetPlatform.Events;
using FleetPlatform.PostgresKit;
using FleetPlatform.TemplateEngine;
using FleetPlatform.TemplateEngine.Claims;
using FleetPlatform.TemplateEngine.Language;
using FleetPlatform.TemplateEngine.Rehearsal;
using FleetPlatform.TemplateEngine.Templates;

namespace FleetPlatform.Bench;

/// <summary>Renders of a typical and of a maximal template, and another version replayed over recorded registrations.</summary>
static class TemplateBench
{
    const string Typical = """
        {"Parameters": {"SerialNumber": {"Type": "String"}, "Location": {"Type": "String", "Default": "nowhere"}},
         "Resources": {
          "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Join": ["-", ["lock", {"Ref": "SerialNumber"}]]},
                    "AttributePayload": {"serial": {"Ref": "SerialNumber"}, "location": {"Ref": "Location"}}, "ThingGroups": ["locks"]}},
          "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
          "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "locks"}}},
         "DeviceConfiguration": {"topic": {"Fn::Sub": "locks/${SerialNumber}/state"}}}
        """;

    /// <param name="args"><c>--seconds n</c> per measurement (default 3), <c>--registrations n</c> (default 10000).</param>
    public static async Task<int> Run(string[] args)
    {
        var seconds = Option("--seconds", 3);
        Console.WriteLine("| template | characters | renders/s, one thread | µs | bytes allocated |");
        Console.WriteLine("|---|---|---|---|---|");
        Measure("typical", Typical, new() { ["SerialNumber"] = "SL000000042" }, seconds);
        Measure("maximal", Maximal(), Enumerable.Range(0, 64).ToDictionary(number => $"P{number}", number => $"value-{number}"), seconds);
        await Replay(Option("--registrations", 10_000));
        return 0;

        int Option(string name, int absent) =>
            Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : absent;
    }

    static void Measure(string name, string body, Dictionary<string, string> parameters, int seconds)
    {
        var template = TemplateParser.Parse(body);
        var platform = PseudoParameters.OfClaim(new string('c', 64));
        Run(TimeSpan.FromSeconds(1));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var (renders, took) = Run(TimeSpan.FromSeconds(seconds));
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {body.Length} | {renders / took.TotalSeconds:0} | {took.TotalMicroseconds / renders:0.00} | {allocated / renders} |"));

        (long Renders, TimeSpan Took) Run(TimeSpan time)
        {
            var (count, began) = (0L, Stopwatch.GetTimestamp());
            while (Stopwatch.GetElapsedTime(began) < time)
            {
                for (var i = 0; i < 100; i++)
                    if (Render.Resources(template, parameters, platform).Refusal is { } refusal) throw new InvalidOperationException(refusal.Detail);
                count += 100;
            }

            return (count, Stopwatch.GetElapsedTime(began));
        }
    }

    // As much as the limits let through: 50 attributes, 10 inline policies, a full device configuration, nearly 10,240 characters.
    static string Maximal()
    {
        var body = new StringBuilder("""{"Parameters":{"P0":{"Type":"String"}},"Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}},"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":{"Fn::Join":["-",["lock",{"Ref":"P0"}]]},"ThingTypeName":"lock","AttributePayload":{""");
        body.AppendJoin(',', Enumerable.Range(0, 50).Select(number => $$$"""{{{Quote($"a{number}")}}}:{"Fn::Select":[0,{"Fn::Split":["-",{"Ref":"P{{{number}}}"}]}]}"""));
        body.Append("}}}");
        foreach (var number in Enumerable.Range(0, 10))
            body.Append(CultureInfo.InvariantCulture, $",\"p{number}\":{{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{{\"PolicyDocument\":{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":{{\"Fn::Sub\":\"arn:aws:iot:us-east-1:123456789012:topic/${{P{number}}}/${{P1}}/x\"}}}}]}}}}}}");
        body.Append("},\"DeviceConfiguration\":{");
        body.AppendJoin(',', Enumerable.Range(0, 60).Select(number => $$$"""{{{Quote($"d{number}")}}}:{"Fn::Sub":"${P{{{number}}}}/${P1}/x"}"""));
        return body.Append("}}").ToString();
    }

    static string Quote(string text) => $"\"{text}\"";

    static async Task Replay(int registrations)
    {
        await using var database = await PostgresDatabase.Create();
        await using var source = EventStore.CreateDataSource(database.ConnectionString);
        var options = new EventStoreOptions { EventTypes = EventNames.All, AnnounceCommits = false };
        options.InlineProjections.Add(new TemplatesTable());
        await using var store = new EventStore(source, options);
        await store.EnsureSchemaAsync();
        await Append(store, StreamId.Of("template", "locks"), new TemplateCreated("locks", Template.FleetProvisioning, null, null, true, Typical, "bench", DateTimeOffset.UnixEpoch));
        foreach (var part in Enumerable.Range(0, registrations).Chunk(512))
            await Task.WhenAll(part.Select(number => Append(store, StreamId.Of("provisioning", $"{number:x32}"), new ParametersResolved(
                $"{number:x64}", "client", "locks", 1, $"lock-SL{number:000000000}", new Dictionary<string, string> { ["SerialNumber"] = $"SL{number:000000000}" },
                new('0', 64), 1, DateTimeOffset.UnixEpoch.AddDays(1)))));

        var replay = new ReplayTemplate(store, new(store, new()), TimeProvider.System);
        var other = Typical.Replace("\"locks/", "\"doors/", StringComparison.Ordinal);
        for (var run = 0; run < 2; run++)
        {
            var (replayed, refusal) = await replay.Handle(new() { TemplateName = "locks", TemplateBody = other, Registrations = registrations, Shown = 20 }, default);
            if (refusal is not null) throw new InvalidOperationException(refusal.Detail);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(run == 0 ? "cold" : "warm")}: {replayed!.Registrations} recorded registrations replayed, {replayed.Different} differ, {replayed.Milliseconds:0} ms"));
        }
    }

    static Task Append(EventStore store, StreamId stream, object @event)
    {
        var session = store.OpenSession();
        session.StartStream(stream, @event);
        return session.SaveChangesAsync();
    }
}
