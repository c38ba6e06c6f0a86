using System.Text.Json.Nodes;
using FleetPlatform.TestKit;

namespace FleetPlatform.Stories;

/// <summary>The commands of docs/operator.md for dynamic groups.</summary>
public sealed class GroupStories(Platform platform)
{
    [Fact]
    public async Task A_dynamic_group_has_who_its_query_names()
    {
        var (thing, group) = (platform.NewSerial("DYN"), platform.NewSerial("group"));
        var attributes = new JsonObject { ["site"] = "eu/berlin-2", ["batch"] = "8" };
        await platform.Operator.Send(HttpMethod.Post, $"/things/{thing}", new() { ["attributePayload"] = new JsonObject { ["attributes"] = attributes } }, CancellationToken.None);

        (await Run("create", group, "--query", $"thingName:{thing} AND attributes.site:eu/berlin* AND attributes.batch:[7 TO 9]")).Succeeded();
        await Shows(group, thing, isMember: true);
        (await Run("show", group)).Succeeded().Output.ShouldContain(thing);
        (await Run("change", group, "--query", $"thingName:{thing} AND attributes.batch>8")).Succeeded();
        await Shows(group, thing, isMember: false);
        (await Run("delete", group)).Succeeded();

        (await platform.Events($"thing-{thing}")).ShouldBe(["thing.registered.v1", "thing.group-joined.v1", "thing.group-left.v1"]);
        (await Run("create", group, "--query", "site:berlin")).Output.ShouldContain("there is no field \"site\"");
    }

    Task Shows(string group, string thing, bool isMember) => Eventually.Holds(async () =>
        (await platform.Operator.Send(HttpMethod.Get, $"/thing-groups/{group}/things", null, CancellationToken.None))["things"]!.AsArray()
            .Any(member => member!.GetValue<string>() == thing).ShouldBe(isMember));

    Task<CommandResult> Run(params string[] arguments) => platform.Fleet.Run(["group", .. arguments]);
}
