namespace FleetPlatform.ThingRegistry.Billing;

/// <summary>The read table of billing groups.</summary>
sealed class BillingTable : IInlineProjection
{
    public string Name => "billing-groups";

    public IReadOnlyList<string> Tables { get; } = ["fleet_billing_groups"];

    public string Schema => """
        create table if not exists fleet_billing_groups (name text collate "C" primary key);
        """;

    public void Project(RecordedEvent @event, ProjectionBatch batch)
    {
        switch (@event.Data)
        {
            case BillingGroupCreated:
                batch.Add("insert into fleet_billing_groups (name) values ($1)", Listing.Text(@event.StreamId.Key));
                break;
            case BillingGroupDeleted:
                batch.Add("delete from fleet_billing_groups where name = $1", Listing.Text(@event.StreamId.Key));
                break;
        }
    }

    /// <summary>True also for null: no group is needed then.</summary>
    public static async Task<bool> Exists(NpgsqlDataSource database, string? name, CancellationToken cancellation) =>
        name is null || await Listing.Any(database, "select 1 from fleet_billing_groups where name = $1", name, cancellation);

    public static Task<bool> HasThings(NpgsqlDataSource database, string name, CancellationToken cancellation) =>
        Listing.Any(database, "select 1 from fleet_things where billing_group = $1 limit 1", name, cancellation);
}
