using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.ThingRegistry.Policies;
using FleetPlatform.ThingRegistry.Things;
using FsCheck;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Laws that hold in every state a certificate can be brought to, whatever was asked before.</summary>
public sealed class PrincipalLawsTests
{
    static readonly string Id = A.CertificateId();
    static readonly CertificateText Certificate = CertificateText.ReadPem(A.CertificatePem());
    static readonly Thing Sensor = Thing.Initial.Evolve(new ThingRegistered(Guid.CreateVersion7(), null, null, AttributeRules.None, [], null, A.Noon));
    static readonly DevicePolicy Policy = DevicePolicy.Initial.Evolve(new PolicyCreated(1, A.Document, A.Noon));

    /// <summary>Everything that can be asked of one principal.</summary>
    static readonly Func<Principal, Decision<PrincipalEvent>>[] Questions =
    [
        state => RecordIssuedCertificates.Decide(A.Issued(Id), state),
        state => RecordTrustChange.Decide(A.TrustChange(Id, RevocationReason.KeyCompromise), state),
        state => RecordTrustChange.Decide(A.TrustChange(Id, RevocationReason.CertificateHold), state),
        state => RecordTrustChange.Decide(A.TrustChange(Id, reason: null, version: 2), state),
        state => RecordTrustChange.Decide(A.TrustChange(Id, RevocationReason.CertificateHold, version: 3), state),
        state => RecordTrustChange.Decide(A.TrustChange(Id, reason: null, version: 4), state),
        state => Register(CertificateStatus.Active)(state),
        state => Register(CertificateStatus.Inactive)(state),
        state => Status(CertificateStatus.Active)(state),
        state => Status(CertificateStatus.Inactive)(state),
        state => Status(CertificateStatus.Revoked)(state),
        state => Status(CertificateStatus.PendingActivation)(state),
        state => DeleteCertificate.Decide(new() { CertificateId = Id, RequestedBy = "test" }, state, A.Noon),
        state => DeleteCertificate.Decide(new() { CertificateId = Id, Force = true, RequestedBy = "test" }, state, A.Noon),
        state => ExpirePrincipals.Decide(state, TimeSpan.FromHours(1), A.Noon.AddHours(2)),
        state => Attach("one", exclusive: false)(state),
        state => Attach("one", exclusive: true)(state),
        state => Attach("two", exclusive: true)(state),
        state => Things.DetachThingPrincipal.Decide(new() { ThingName = "one", CertificateId = Id, RequestedBy = "test" }, Sensor, state, A.Noon),
        state => Policies.AttachPolicy.Decide(new() { PolicyName = "p", Target = new() { CertificateId = Id }, RequestedBy = "test" }, Policy, state, A.Noon),
        state => Policies.DetachPolicy.Decide(new() { PolicyName = "p", Target = new() { CertificateId = Id }, RequestedBy = "test" }, state, A.Noon),
        state => Provision(state, "one"),
        state => Provision(state, "two"),
    ];

    static readonly Arbitrary<int[]> Histories = Gen.Choose(0, Questions.Length - 1).ArrayOf().ToArbitrary();
    static readonly Arbitrary<int> AnyQuestion = Gen.Choose(0, Questions.Length - 1).ToArbitrary();

    [Fact]
    public void Asking_twice_records_once() =>
        Prop.ForAll(Histories, AnyQuestion, (history, question) => After(history).IsIdempotent(Questions[question])).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_is_decided_can_be_folded() =>
        Prop.ForAll(Histories, history => After(history) is not null).QuickCheckThrowOnFailure();

    [Fact]
    public void Revoked_is_final() =>
        Prop.ForAll(Histories, Histories, (before, after) =>
        {
            var revoked = After(before).Fold(Questions[1](After(before)).Events);
            return After(after, from: revoked).Status is PrincipalStatus.Revoked or PrincipalStatus.Gone;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_exclusive_certificate_has_one_thing() =>
        Prop.ForAll(Histories, history => After(history) is var state && (state.Things.Count <= 1 || state.Things.All(thing => !thing.Exclusive)))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void News_of_the_issuance_may_come_before_or_after_the_provisioning()
    {
        var item = A.Provisioning(Id, "one", "p");
        Decision<PrincipalEvent> Issued(Principal state) => RecordIssuedCertificates.Decide(A.Issued(Id, A.Noon.AddSeconds(-1)), state);
        Decision<PrincipalEvent> Provisioned(Principal state) => Apply(state, item);

        var first = Principal.Initial.Fold(Issued(Principal.Initial).Events);
        first = first.Fold(Provisioned(first).Events);
        var second = Principal.Initial.Fold(Provisioned(Principal.Initial).Events);
        second = second.Fold(Issued(second).Events);

        second.Text().ShouldBe(first.Text());
        second.Status.ShouldBe(PrincipalStatus.Active);
        second.CertificatePem.ShouldNotBeNull();
    }

    [Fact]
    public void Both_orders_end_alike_whatever_happens_afterwards() =>
        Prop.ForAll(Histories, history =>
        {
            var item = A.Provisioning(Id, "one");
            var issued = A.Issued(Id, A.Noon.AddSeconds(-1));
            Principal Issue(Principal state) => state.Fold(RecordIssuedCertificates.Decide(issued, state).Events);
            Principal Provision(Principal state) => state.Fold(Apply(state, item).Events);
            return After(history, Issue(Provision(Principal.Initial))).Text() == After(history, Provision(Issue(Principal.Initial))).Text();
        }).QuickCheckThrowOnFailure();

    static Principal After(int[] history, Principal? from = null) =>
        history.Aggregate(from ?? Principal.Initial, (state, question) => state.Fold(Questions[question](state).Events));

    static Func<Principal, Decision<PrincipalEvent>> Register(CertificateStatus status) =>
        state => RegisterCertificate.Decide(A.Registration("pem", status), Certificate, state, TimeSpan.FromMinutes(5), A.Noon);

    static Func<Principal, Decision<PrincipalEvent>> Status(CertificateStatus status) =>
        state => ChangeCertificateStatus.Decide(new() { CertificateId = Id, Status = status, RequestedBy = "test" }, state, A.Noon);

    static Func<Principal, Decision<PrincipalEvent>> Attach(string thing, bool exclusive) => state =>
        Things.AttachThingPrincipal.Decide(new() { ThingName = thing, CertificateId = Id, Exclusive = exclusive, RequestedBy = "test" }, Sensor, state, A.Noon);

    static Decision<PrincipalEvent> Provision(Principal state, string thing) => Apply(state, A.Provisioning(Id, thing, "p"));

    static Decision<PrincipalEvent> Apply(Principal state, ApplyProvisioning item)
    {
        var plan = Provisioning.ApplyProvisioning.Decide(item, Provisioning.AState.With(principal: state, policies: "p"), Sensor.Id!.Value, A.Noon);
        return plan.Refusal is { } refusal ? refusal : plan.Principal is { } provisioned ? provisioned : Decision<PrincipalEvent>.Nothing;
    }
}
