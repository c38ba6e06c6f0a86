using FleetPlatform.ThingRegistry.Principals;
using Command = FleetPlatform.Contracts.ThingRegistry.ApplyProvisioning;

namespace FleetPlatform.ThingRegistry.Provisioning;

/// <summary>An operator registers with a certificate that is registered already.</summary>
public sealed class RegisteredCertificateTests
{
    static readonly string Id = A.CertificateId();

    static ProvisioningPlan Decide(Command item, Principal principal) =>
        ApplyProvisioning.Decide(item, AState.With(principal: principal), Guid.CreateVersion7(), A.Noon);

    static Command Item(ResourceOverride status = ResourceOverride.DoNothing) =>
        A.Provisioning(Id, "SN-1") with { Registered = true, OverrideStatus = status, CertificateStatus = CertificateStatus.Active };

    static Principal With(PrincipalStatus status) => Principal.Initial.Evolve(new PrincipalRegistered(status, "pem", A.Noon, A.Noon.AddYears(1), A.Noon));

    [Fact]
    public void One_that_waits_gets_the_templates_status_and_one_in_use_keeps_its_own()
    {
        Decide(Item(), With(PrincipalStatus.PendingActivation)).Principal!.Status.ShouldBe(PrincipalStatus.Active);
        Decide(Item(), With(PrincipalStatus.Inactive)).Principal!.Status.ShouldBe(PrincipalStatus.Inactive);
        Decide(Item(ResourceOverride.Replace), With(PrincipalStatus.Inactive)).Principal!.Status.ShouldBe(PrincipalStatus.Active);
        Decide(Item(ResourceOverride.Fail), With(PrincipalStatus.Inactive)).Refusal!.Code.ShouldBe("resource-conflict");
    }

    [Fact]
    public void One_that_is_unknown_revoked_or_gone_is_refused()
    {
        Decide(Item(), Principal.Initial).Refusal!.Code.ShouldBe("not-found");
        Decide(Item(), With(PrincipalStatus.Active).Evolve(new PrincipalRevoked(PrincipalStatus.Active, A.Noon))).Refusal!.Code.ShouldBe("certificate-not-pending");
        Decide(Item(), With(PrincipalStatus.Inactive).Evolve(new PrincipalDeleted(A.Noon))).Refusal!.Code.ShouldBe("not-found");
    }

    [Fact]
    public void Other_resources_for_one_that_a_template_registered_are_a_conflict()
    {
        var before = With(PrincipalStatus.PendingActivation).Evolve(Decide(Item(), With(PrincipalStatus.PendingActivation)).Principal!);

        Decide(Item(), before).Principal.ShouldBeNull();
        Decide(A.Provisioning(Id, "SN-2") with { Registered = true }, before).Refusal!.Code.ShouldBe("resource-conflict");
    }

    [Fact]
    public void Without_an_operators_word_a_certificate_in_use_is_nobodys_to_take() =>
        Decide(Item() with { Registered = false }, With(PrincipalStatus.Active)).Refusal!.Code.ShouldBe("certificate-not-pending");

    [Fact]
    public void Gateways_are_told_of_one_that_they_may_know() =>
        Decide(Item(), With(PrincipalStatus.Active)).Principal!.Registered.ShouldBe(true);
}
