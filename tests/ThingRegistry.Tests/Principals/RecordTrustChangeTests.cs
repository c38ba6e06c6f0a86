using FleetPlatform.Contracts.Revocation;
using FsCheck;
using MassTransit;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Changes of trust in whatever order replicas, retries and error queues bring them.</summary>
public sealed class RecordTrustChangeTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>
{
    static readonly string Id = A.CertificateId();
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static readonly Principal Registered = Principal.Initial.Evolve(new PrincipalRegistered(PrincipalStatus.Active, "pem", A.Noon, A.Noon.AddYears(1), A.Noon));

    static readonly Principal[] Before =
    [
        Principal.Initial,
        Registered,
        Registered.Evolve(new StatusChanged(PrincipalStatus.Inactive, A.Noon)),
        Registered.Evolve(new StatusChanged(PrincipalStatus.Inactive, A.Noon)).Evolve(new PrincipalDeleted(A.Noon)),
        Registered.Evolve(new PrincipalRevoked(PrincipalStatus.Active, A.Noon)),
        Registered.Evolve(new PrincipalSuspended(PrincipalStatus.Active, A.Noon)), // recorded before versions were
    ];

    /// <summary>What the revocation service records of one certificate: holds and their ends in turn, and perhaps at last a revocation.</summary>
    static CertificateTrustChange[] History(int length, bool revoked) => [.. Enumerable.Range(1, length).Select(version => A.TrustChange(
        Id, version == length && revoked ? RevocationReason.Superseded : version % 2 == 1 ? RevocationReason.CertificateHold : null, 3 * version))];

    static Principal After(Principal before, IEnumerable<CertificateTrustChange> changes) =>
        changes.Aggregate(before, (state, change) => state.Fold(RecordTrustChange.Decide(change, state).Events));

    /// <summary>What anybody can see of it, now and once a hold is lifted.</summary>
    static string Seen(Principal principal)
    {
        var lifted = After(principal, [A.TrustChange(Id, reason: null, version: 1_000)]);
        return $"{principal.Status}, held {principal.HeldFrom is not null}, revoked {principal.WasRevoked}; then {lifted.Status}, held {lifted.HeldFrom is not null}";
    }

    [Fact]
    public void Any_order_and_repetition_ends_where_the_last_version_does()
    {
        var deliveries =
            from before in Gen.Elements(Before)
            from length in Gen.Choose(1, 7)
            from revoked in Gen.Elements(true, false)
            let history = History(length, revoked)
            from again in Gen.Elements(history).ArrayOf()
            from order in Gen.Shuffle([.. history, .. again])
            select (Before: before, History: history, Order: order);
        Prop.ForAll(deliveries.ToArbitrary(), delivery =>
            Seen(After(delivery.Before, delivery.Order)) == Seen(After(delivery.Before, delivery.History))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_late_end_of_an_earlier_hold_does_not_lift_the_later_one()
    {
        CertificateTrustChange[] changes = History(3, revoked: false);
        After(Registered, [changes[0], changes[2], changes[1]]).ShouldSatisfyAllConditions(
            state => state.Status.ShouldBe(PrincipalStatus.Inactive), state => state.HeldFrom.ShouldBe(PrincipalStatus.Active), state => state.TrustVersion.ShouldBe(9));
    }

    [Fact] // its number at a revocation service that was set up anew is a low one
    public void A_revocation_counts_whatever_its_version() =>
        After(Registered, [.. History(2, revoked: false), A.TrustChange(Id, RevocationReason.KeyCompromise, version: 1)]).Status.ShouldBe(PrincipalStatus.Revoked);

    [Fact]
    public void Old_news_stays_old_when_the_certificate_is_deleted_and_registered_again()
    {
        var held = After(Registered, History(3, revoked: false)).Evolve(new PrincipalDeleted(A.Noon));
        var again = After(held, History(4, revoked: false)).Evolve(new PrincipalRegistered(PrincipalStatus.Active, "pem", A.Noon, A.Noon.AddYears(1), A.Noon));
        After(again, History(4, revoked: false)).Status.ShouldBe(PrincipalStatus.Active);
    }

    [Theory] // streams keep what was recorded before versions were
    [InlineData("principal.suspended.v1", """{"was":"Active","at":"2026-11-22T12:00:00+00:00"}""")]
    [InlineData("principal.reinstated.v1", """{"status":"Active","at":"2026-11-22T12:00:00+00:00"}""")]
    public void Events_without_a_version_are_read(string name, string json)
    {
        var read = EventJson.Read(json, EventNames.All.All[name]);
        After(Principal.Initial.Evolve((PrincipalEvent)read), []).TrustVersion.ShouldBe(0);
    }

    [Fact]
    public async Task Messages_in_the_wrong_order_leave_a_certificate_held_and_are_reported_all_the_same()
    {
        var id = A.CertificateId();
        await fixture.Apply(A.Provisioning(id, A.Name("SN")));
        await using var bus = await RegistryBus.Start(fixture.Registry);

        foreach (var (reason, version) in ((RevocationReason?, long)[])[(RevocationReason.CertificateHold, 1), (RevocationReason.CertificateHold, 7), (null, 4), (RevocationReason.CertificateHold, 1)])
            await bus.Tell(A.TrustChange(id, reason, version));
        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Inactive);

        await bus.Tell(A.TrustChange(id, reason: null, version: 9));
        await bus.Tell(A.TrustChange(id, RevocationReason.CertificateHold, version: 7));
        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Active);
        (await fixture.Recorded(Registry.PrincipalStream(id))).Skip(1).ShouldBe(["principal.suspended.v1", "principal.suspended.v1", "principal.reinstated.v1"]);
    }

    [Fact]
    public async Task What_comes_for_a_certificate_that_is_gone_brings_nothing_back()
    {
        var (id, gone) = (A.CertificateId(), A.CertificateId());
        foreach (var each in (string[])[id, gone]) await fixture.Apply(A.Provisioning(each));
        await fixture.Registry.WritePrincipal(gone, "test", _ => new PrincipalDeleted(A.Noon), Cancellation);

        await RecordTrustChange.Handle(
            new() { Items = [A.TrustChange(gone, RevocationReason.CertificateHold), A.TrustChange(gone, reason: null, version: 2), A.TrustChange(id, RevocationReason.CertificateHold)] },
            fixture.Registry, Cancellation);

        (await fixture.FindGrant(gone)).ShouldBeNull();
        (await fixture.FindGrant(id))!.Status.ShouldBe(CertificateStatus.Inactive);
    }

    /// <summary>The consumer behind a bus in memory; what is told is waited for by its report.</summary>
    sealed class RegistryBus(IBusControl bus, System.Threading.Channels.Channel<AppliedTrustChange> reports) : IAsyncDisposable
    {
        public static async Task<RegistryBus> Start(Registry registry)
        {
            var reports = System.Threading.Channels.Channel.CreateUnbounded<AppliedTrustChange>();
            var bus = Bus.Factory.CreateUsingInMemory(configurator =>
            {
                configurator.ReceiveEndpoint("registry", endpoint => endpoint.Consumer(() => new TrustChangedConsumer(registry)));
                configurator.ReceiveEndpoint("revocation", endpoint => endpoint.Handler<TrustChangeApplied>(context =>
                {
                    foreach (var item in context.Message.Items) reports.Writer.TryWrite(item);
                    return Task.CompletedTask;
                }));
            });
            await bus.StartAsync(Cancellation);
            return new(bus, reports);
        }

        public async Task Tell(CertificateTrustChange change)
        {
            await bus.Publish(new TrustChanged { Items = [change] }, Cancellation);
            (await reports.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Eventually.Patience, Cancellation)).Version.ShouldBe(change.Version);
        }

        public async ValueTask DisposeAsync() => await bus.StopAsync(CancellationToken.None);
    }
}
