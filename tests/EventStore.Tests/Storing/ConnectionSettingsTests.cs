using FleetPlatform.PostgresKit;
using Npgsql;

namespace FleetPlatform.Events.Tests.Storing;

public sealed class ConnectionSettingsTests(Database database) : IClassFixture<Database>
{
    [Theory]
    [InlineData(null, "off", "1.1", "4MB")]
    [InlineData("-c work_mem=6MB", "off", "1.1", "6MB")]
    [InlineData("-c jit=on -c random_page_cost=2", "on", "2", "4MB")]
    public async Task Plans_are_made_for_short_statements_whatever_the_servers_default_unless_the_connection_string_says_so(
        string? options, string jit, string pageCost, string workMemory)
    {
        var given = new NpgsqlConnectionStringBuilder(database.Postgres.ConnectionString) { Options = options };
        await using var source = EventStore.CreateDataSource(given.ConnectionString);

        (await source.CreateCommand("show jit").ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(jit);
        (await source.CreateCommand("show random_page_cost").ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(pageCost);
        (await source.CreateCommand("show work_mem").ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(workMemory);
    }
}
