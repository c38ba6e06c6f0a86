using Npgsql;

namespace FleetPlatform.Events.Tests.Storing;

public sealed class SchemaTests(Database database) : IClassFixture<Database>
{
    [Fact]
    public async Task The_tables_are_Martens_to_the_column()
    {
        await using var store = await database.Postgres.OpenStore();

        (await Columns("mt_streams")).ShouldBe(
        [
            "id character varying not null", "type character varying null", "version bigint null",
            "timestamp timestamp with time zone not null default now()", "created timestamp with time zone not null default now()",
            "tenant_id character varying null default '*DEFAULT*'::character varying", "is_archived boolean null default false",
        ]);
        (await Columns("mt_events")).ShouldBe(
        [
            "seq_id bigint not null", "id uuid not null", "stream_id character varying null", "version bigint not null", "data jsonb not null",
            "bdata bytea null", "type character varying(500) not null", "timestamp timestamp with time zone not null default now()",
            "tenant_id character varying null default '*DEFAULT*'::character varying", "mt_dotnet_type character varying null",
            "correlation_id character varying null", "causation_id character varying null", "user_name character varying null",
            "headers jsonb null", "is_archived boolean null default false",
            "fleet_transaction_id xid8 not null default pg_current_xact_id()",
        ]);
        (await Columns("mt_event_progression")).ShouldBe(
        [
            "name character varying not null", "last_seq_id bigint null",
            "last_updated timestamp with time zone null default transaction_timestamp()",
        ]);
        (await Read("""
            select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
            where conrelid in ('mt_streams'::regclass, 'mt_events'::regclass, 'mt_event_progression'::regclass) order by 1
            """)).ShouldBe(
        [
            "fkey_mt_events_stream_id FOREIGN KEY (stream_id) REFERENCES mt_streams(id) ON DELETE CASCADE",
            "pkey_mt_event_progression_name PRIMARY KEY (name)", "pkey_mt_events_seq_id PRIMARY KEY (seq_id)", "pkey_mt_streams_id PRIMARY KEY (id)",
        ]);
        (await Read("select indexdef from pg_indexes where indexname = 'pk_mt_events_stream_and_version'"))
            .ShouldBe(["CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON public.mt_events USING btree (stream_id, version)"]);
        (await Read("select pg_get_serial_sequence('mt_events', 'seq_id')")).ShouldBe(["public.mt_events_sequence"]);
    }

    [Fact]
    public async Task An_event_is_stored_where_Marten_looks_for_it()
    {
        await using var store = await database.Postgres.OpenStore();
        var id = Orders.Stream(Guid.CreateVersion7());
        await store.WriteToAggregate<Order, OrderEvent>(
            id, _ => new LineAdded("bolt", 2), new() { CorrelationId = "c", CausationId = "d", Actor = "a", TraceId = "t" });

        (await Read($"""
            select concat_ws(' ', version, data, type, mt_dotnet_type, correlation_id, causation_id, user_name, headers, tenant_id, is_archived)
            from mt_events where stream_id = '{id}'
            """)).ShouldBe(["1 {\"product\": \"bolt\", \"quantity\": 2} order.line-added.v1 FleetPlatform.Events.Tests.LineAdded, EventStore.Tests c d a {\"traceId\": \"t\"} *DEFAULT* f"]);
        (await Read($"select concat_ws(' ', version, tenant_id, is_archived) from mt_streams where id = '{id}'")).ShouldBe(["1 *DEFAULT* f"]);
    }

    [Fact]
    public async Task Replicas_that_start_together_make_the_schema_once()
    {
        var fresh = new Database();
        await fresh.InitializeAsync();
        await using var _ = fresh;

        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            fresh.Postgres.OpenStore(options => options.InlineProjections.Add(new Projecting.OrderTable()))));

        await stores[7].WriteToAggregate<Order, OrderEvent>(Orders.Stream("1"), _ => new OrderPlaced("Ada"));
        var scripts = typeof(EventStore).Assembly.GetManifestResourceNames().Count(name => name.EndsWith(".sql", StringComparison.Ordinal));
        (await fresh.Postgres.Scalar<long>("select count(*) from fleet_schema")).ShouldBe(scripts);
        foreach (var store in stores) await store.DisposeAsync();
    }

    Task<List<string>> Columns(string table) => Read($"""
        select concat_ws(' ', column_name,
            case when udt_name = 'xid8' then 'xid8' else data_type || coalesce('(' || character_maximum_length || ')', '') end,
            case is_nullable when 'YES' then 'null' else 'not null' end, 'default ' || column_default)
        from information_schema.columns where table_name = '{table}' order by ordinal_position
        """);

    async Task<List<string>> Read(string sql)
    {
        await using var command = database.Postgres.DataSource.CreateCommand(sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
