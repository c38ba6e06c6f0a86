using FleetPlatform.TestKit;
using Npgsql;

namespace FleetPlatform.Stories;

/// <summary>An auditor, and somebody with the database's password.</summary>
public sealed class AuditStories(Platform platform)
{
    [Fact]
    public async Task An_event_changed_in_the_database_is_named()
    {
        var device = await platform.ProvisionsDevice("audited");
        await using var database = NpgsqlDataSource.Create(platform.Fleet.EnvironmentOf("thing-registry")["ConnectionStrings__thing-registry-db"]);
        await Eventually.Is(async () => await IsSealed(database, $"thing-{device.ThingName}"));

        var heads = Path.GetTempFileName();
        await File.WriteAllTextAsync(heads, (await platform.Fleet.Run("audit", "head", "--store", "thing-registry")).Succeeded().Output);
        (await platform.Fleet.Run("audit", "verify", "--store", "thing-registry", "--heads", heads)).Succeeded().Output.ShouldContain("Every sealed event is as it was recorded.");

        await Execute(database, $"update mt_events set timestamp = timestamp - interval '1 microsecond' where stream_id = 'thing-{device.ThingName}' and version = 1");
        var verified = await platform.Fleet.Run("audit", "verify", "--store", "thing-registry", "--heads", heads);
        await Execute(database, $"update mt_events set timestamp = timestamp + interval '1 microsecond' where stream_id = 'thing-{device.ThingName}' and version = 1");

        verified.ExitCode.ShouldBe(2);
        verified.Output.ShouldContain($"is not as it was recorded: thing-{device.ThingName} version 1");
        (await platform.Fleet.Run("audit", "verify", "--store", "thing-registry", "--heads", heads)).Succeeded();
        File.Delete(heads);
    }

    /// <summary>Somebody with every database's password changes an event and has the whole chain written anew over it. Nobody has kept anything.</summary>
    [Fact]
    public async Task A_chain_that_was_written_anew_is_not_the_one_that_the_authority_has_signed()
    {
        const string store = "thing-registry";
        await using var database = NpgsqlDataSource.Create(platform.Fleet.EnvironmentOf(store)["ConnectionStrings__thing-registry-db"]);
        await Eventually.Holds(async () => (await platform.Fleet.Run("audit", "verify", "--store", store)).Succeeded().Output.ShouldContain("witnessed up to seal"));

        await Between(database, """
            create table seals_as_they_were as select * from fleet_seals;
            update mt_events set timestamp = timestamp - interval '1 microsecond' where seq_id = (select min(seq_id) from mt_events);
            truncate fleet_seals;
            """);
        CommandResult? verified = null;
        try
        {
            await Eventually.Holds(async () =>
            {
                verified = await platform.Fleet.Run("audit", "verify", "--store", store);
                verified.Output.ShouldContain("it was written anew, or cut off");
                verified.Output.ShouldNotContain("is not as it was recorded", Case.Sensitive, "the new chain fits the new event");
            });
        }
        finally
        {
            await Between(database, """
                truncate fleet_seals;
                insert into fleet_seals select * from seals_as_they_were;
                drop table seals_as_they_were;
                update mt_events set timestamp = timestamp + interval '1 microsecond' where seq_id = (select min(seq_id) from mt_events);
                """);
        }

        verified!.ExitCode.ShouldBe(2);
        (await platform.Fleet.Run("audit", "verify", "--store", store)).Succeeded();
    }

    // Between two turns of the service that seals.
    static async Task Between(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand($"begin; select pg_advisory_xact_lock(hashtextextended('fleet.seals', 0)); {sql} commit");
        await command.ExecuteNonQueryAsync();
    }

    static async Task<bool> IsSealed(NpgsqlDataSource database, string stream)
    {
        await using var command = database.CreateCommand("select coalesce((select max(last_sequence) from fleet_seals), 0) >= (select max(seq_id) from mt_events where stream_id = $1)");
        command.Parameters.Add(new() { Value = stream });
        return await command.ExecuteScalarAsync() is true;
    }

    static async Task Execute(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }
}
