using System.Text.Json.Nodes;
using FleetPlatform.TestKit;
using Npgsql;

namespace FleetPlatform.AppHost.Tests.Running;

public sealed class RunTests
{
    [Fact]
    public async Task A_stack_runs_beside_another_gives_services_what_aspire_would_and_restarts_what_crashes()
    {
        using var folder = new TemporaryFolder();
        using var otherFolder = new TemporaryFolder();
        await using var host = ProbeHost.Begin(folder.Path, "--OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "--OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        await using var other = ProbeHost.Begin(otherFolder.Path);
        await Task.WhenAll(host.IsUp(), other.IsUp());

        The_service_began_after_what_it_waits_for(host);
        await The_environment_is_aspires(host);
        (await host.Environment())["Probe__Key"]!.GetValue<string>().ShouldNotBe((await other.Environment())["Probe__Key"]!.GetValue<string>());
        host.Port("postgres", "tcp").ShouldNotBe(other.Port("postgres", "tcp"));

        await A_crashed_service_comes_back(host);
        await A_crashed_server_comes_back(host);

        (await other.Stop()).ShouldBe(0);
        other.Processes().ShouldBeEmpty();
        File.Exists(otherFolder.In("endpoints.json")).ShouldBeFalse();
        (await host.Get("/health")).ShouldBe("ok");
        await Its_servers_may_be_another_hosts_by_configuration(host);

        (await host.Stop("TERM")).ShouldBe(0);
        host.Processes().ShouldBeEmpty();
        File.Exists(folder.In("state.json")).ShouldBeFalse();
        File.ReadAllText(folder.In("logs/probe.log")).ShouldContain("Now listening on");
    }

    [Fact]
    public async Task Nothing_outlives_a_killed_host_and_the_next_one_finds_the_data()
    {
        using var folder = new TemporaryFolder();
        await using (var host = await ProbeHost.Start(folder.Path))
        {
            host.Processes().Count.ShouldBeGreaterThan(4);
            await using (var database = NpgsqlDataSource.Create(await Database(host)))
                await database.CreateCommand("create table kept (id int); insert into kept values (42)").ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            (await host.Stop("KILL")).ShouldBe(137);
            await Eventually.Is(() => Task.FromResult(host.Processes().Count == 0), $"nothing is left");
        }

        // What a server that could not clean up leaves behind, with a number that someone else has got since.
        var data = folder.In("postgres/data/postmaster.pid");
        await File.WriteAllTextAsync(data, $"{Environment.ProcessId}\n{folder.In("postgres/data")}\n", TestContext.Current.CancellationToken);

        await using var next = await ProbeHost.Start(folder.Path);
        await using var again = NpgsqlDataSource.Create(await Database(next));
        (await again.CreateCommand("select id from kept").ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(42);
        await Another_host_cannot_take_the_folder(folder.Path);
    }

    [Theory]
    [InlineData("--postgres-programs", "sudo apt-get install -y postgresql")]
    [InlineData("--rabbitmq-programs", "sudo apt-get install -y rabbitmq-server")]
    public async Task A_missing_program_is_named_with_the_command_that_installs_it(string option, string command)
    {
        using var folder = new TemporaryFolder();
        await using var host = ProbeHost.Begin(folder.Path, option, "/nowhere");

        (await host.Exited()).ShouldBe(2);
        await Eventually.Is(() => Task.FromResult(host.Output.Contains(command, StringComparison.Ordinal)), "the command is printed");
        host.Output.ShouldNotContain("   at "); // no stack trace
    }

    static async Task Another_host_cannot_take_the_folder(string folder)
    {
        await using var second = ProbeHost.Begin(folder);
        (await second.Exited()).ShouldBe(2);
        await Eventually.Is(() => Task.FromResult(second.Output.Contains("already runs", StringComparison.Ordinal)), "the reason is printed");
    }

    static void The_service_began_after_what_it_waits_for(ProbeHost host)
    {
        var lines = host.Output.Split('\n', StringSplitOptions.TrimEntries).Select(line => line.Split('|', 2, StringSplitOptions.TrimEntries)).Where(line => line.Length == 2).ToList();
        int First(string name, string text) => lines.FindIndex(line => line[0] == name && line[1].StartsWith(text, StringComparison.Ordinal));

        var began = First("probe", "");
        First("postgres", "healthy after").ShouldBeInRange(0, began - 1);
        First("bus", "healthy after").ShouldBeInRange(0, began - 1);
    }

    static async Task The_environment_is_aspires(ProbeHost host)
    {
        var environment = await host.Environment();
        string Variable(string name) => environment[name].ShouldNotBeNull(name).GetValue<string>();

        Variable("ConnectionStrings__probe-db").ShouldMatch($"^Host=127.0.0.1;Port={host.Port("postgres", "tcp")};Username=postgres;Password=[^;]+;Database=probe-db$");
        Variable("ConnectionStrings__bus").ShouldMatch($"^amqp://guest:[^@]+@127.0.0.1:{host.Port("bus", "tcp")}$");
        Variable("services__probe__http__0").ShouldBe($"http://127.0.0.1:{host.Port("probe", "http")}");
        Variable("ASPNETCORE_URLS").ShouldBe($"http://127.0.0.1:{host.Port("probe", "http")}");
        Variable("RAW_PORT").ShouldBe($"{host.Port("probe", "raw")}");
        Variable("OTEL_SERVICE_NAME").ShouldBe("probe");
        Variable("OTEL_RESOURCE_ATTRIBUTES").ShouldStartWith("service.instance.id=");
        Variable("OTEL_EXPORTER_OTLP_ENDPOINT").ShouldBe("http://127.0.0.1:4318");
        Variable("OTEL_EXPORTER_OTLP_PROTOCOL").ShouldBe("http/protobuf");
        await using var database = NpgsqlDataSource.Create(Variable("ConnectionStrings__probe-db"));
        (await database.CreateCommand("show synchronous_commit").ExecuteScalarAsync()).ShouldBe("on");
        (await database.CreateCommand("show fsync").ExecuteScalarAsync()).ShouldBe("on");
    }

    static async Task Its_servers_may_be_another_hosts_by_configuration(ProbeHost host)
    {
        var there = new NpgsqlConnectionStringBuilder(await Database(host)) { Database = null };
        var bus = (await host.Environment())["ConnectionStrings__bus"]!.GetValue<string>();
        await using var server = NpgsqlDataSource.Create($"{there};Database=postgres");
        await server.CreateCommand("create role plain login password 'plain'").ExecuteNonQueryAsync();
        await server.CreateCommand("drop database \"probe-db\" with (force)").ExecuteNonQueryAsync();
        await ItIsRefused($"{there};Username=plain;Password=plain", "create the database 'probe-db'");
        await server.CreateCommand("create database \"probe-db\"").ExecuteNonQueryAsync();
        await ItIsRefused($"{there};Username=plain;Password=plain", "create tables in the database 'probe-db'");
        await ItIsRefused($"{there};Password=wrong", "ConnectionStrings__postgres");

        await WhatIsAwayIsWaitedFor($"{there}", bus);

        using var folder = new TemporaryFolder();
        await using var guest = ProbeHost.Begin(folder.Path, "--ConnectionStrings:postgres", $"{there};Database=late", "--ConnectionStrings:bus", bus);
        await Eventually.Is(() => Task.FromResult(guest.Output.Contains("is waited for: database \"late\" does not exist", StringComparison.Ordinal)), "the database is waited for");
        await server.CreateCommand("create database late").ExecuteNonQueryAsync();
        await guest.IsUp();
        new NpgsqlConnectionStringBuilder(await Database(guest)).ShouldBe(new NpgsqlConnectionStringBuilder($"{there};Database=probe-db"));
        (await guest.Environment())["ConnectionStrings__bus"]!.GetValue<string>().ShouldBe(bus);
        guest.State("postgres")["state"]!.GetValue<string>().ShouldBe("Healthy");
        await server.CreateCommand("drop database late with (force)").ExecuteNonQueryAsync();
        await Eventually.Is(() => Task.FromResult($"{guest.State("postgres")["trouble"]}".Contains("does not exist", StringComparison.Ordinal)), "what is away is seen");
        await server.CreateCommand("create database late").ExecuteNonQueryAsync();
        await Eventually.Is(() => Task.FromResult($"{guest.State("postgres")["state"]}" == "Healthy"), "it is back");
        (await guest.Stop()).ShouldBe(0);

        await using var database = NpgsqlDataSource.Create(await Database(host)); // neither stopped nor emptied
        (await database.CreateCommand("select 1").ExecuteScalarAsync()).ShouldBe(1);

        async Task ItIsRefused(string configured, string told)
        {
            using var other = new TemporaryFolder();
            await using var refused = ProbeHost.Begin(other.Path, "--ConnectionStrings:postgres", configured, "--ConnectionStrings:bus", bus);
            (await refused.Exited()).ShouldBe(2);
            await Eventually.Is(() => Task.FromResult(refused.Output.Contains(told, StringComparison.Ordinal)), "the reason is printed");
        }
    }

    static async Task WhatIsAwayIsWaitedFor(string postgres, string bus)
    {
        using var folder = new TemporaryFolder();
        await using var host = ProbeHost.Begin(folder.Path, "--ConnectionStrings:postgres", $"{postgres};Port=1", "--ConnectionStrings:bus", $"{bus}/nowhere");
        foreach (var told in new[] { "Connection refused", "vhost nowhere not found" })
            await Eventually.Is(() => Task.FromResult(host.Output.Contains(told, StringComparison.Ordinal)), told);
        (await host.Stop()).ShouldBe(0);
    }

    static async Task A_crashed_service_comes_back(ProbeHost host)
    {
        for (var crash = 1; crash <= 2; crash++)
        {
            var before = host.ProcessId("probe");
            (await Command.Run("kill", ["-KILL", $"{before}"])).Succeeded();
            await IsBack(host, "probe", before);
            host.State("probe")["restarts"]!.GetValue<int>().ShouldBe(crash);
            host.State("probe")["lastExitCode"]!.GetValue<int>().ShouldBe(137);
        }

        // Each wait is longer than the one before it.
        host.Output.ShouldContain("restart 1 in 0.5 s");
        host.Output.ShouldContain("restart 2 in 1.0 s");
    }

    static async Task A_crashed_server_comes_back(ProbeHost host)
    {
        var before = host.ProcessId("postgres");
        (await Command.Run("kill", ["-KILL", $"{before}"])).Succeeded();
        await IsBack(host, "postgres", before);
        await using var database = NpgsqlDataSource.Create(await Database(host));
        (await database.CreateCommand("select 1").ExecuteScalarAsync()).ShouldBe(1);
    }

    // With the host's own words: why it did not come back is there.
    static async Task IsBack(ProbeHost host, string resource, int before)
    {
        try
        {
            await Eventually.Is(() => IsHealthyAgain(host.State(resource), before), $"{resource} is back");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{host.State(resource)}\n{host.Output}", late);
        }
    }

    static bool IsHealthyAgain(JsonNode state, int before) =>
        state["state"]!.GetValue<string>() == "Healthy" && state["pid"]!.GetValue<int>() != before;

    static async Task<string> Database(ProbeHost host) => (await host.Environment())["ConnectionStrings__probe-db"]!.GetValue<string>();
}
