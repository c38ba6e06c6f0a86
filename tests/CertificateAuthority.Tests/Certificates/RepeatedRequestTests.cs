using FleetPlatform.CertificateAuthority.Certificates;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Certificates;

/// <summary>A factory line or a bulk registration that crashed asks again with the flow it had.</summary>
public sealed class RepeatedRequestTests : IAsyncLifetime
{
    TestAuthority _authority = null!;

    public async ValueTask InitializeAsync() => _authority = await TestAuthority.Start();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task A_crash_between_intent_and_signature_is_finished_by_asking_again()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var flow = Guid.CreateVersion7().ToString("N");
        var intent = await _authority.DiesAfterPreparing(flowId: flow, key: key);

        var answer = await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1"), flow, CertificatePurpose.Registration));

        answer.Refused.ShouldBeNull();
        CertificateText.ReadPem(answer.CertificatePem).Tbs.ToArray().ShouldBe(intent.Tbs);
        (await _authority.Issuance(flow))[1].Data.ShouldBeOfType<IssuanceCompleted>().CertificateId.ShouldBe(answer.CertificateId);
        answer.OwnershipToken.ShouldBeNull();
    }

    /// <summary>Peers 3.2 case 32, across a crash.</summary>
    [Fact]
    public async Task A_crashed_request_is_not_finished_once_its_key_was_certified_for_somebody_else()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var flow = Guid.CreateVersion7().ToString("N");
        await _authority.DiesAfterPreparing(flowId: flow, key: key);
        (await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-2")))).Refused.ShouldBeNull();

        (await _authority.Handle(TestAuthority.Asking(key.CreateSigningRequest("SN-1"), flow, CertificatePurpose.Registration))).Refused!.Code.ShouldBe("key-shared");

        (await _authority.Issuance(flow)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_certificate_and_another_key_none()
    {
        using var key = KeyPair.CreateEcdsaP256();
        var command = TestAuthority.Asking(key.CreateSigningRequest("SN-1"), purpose: CertificatePurpose.Registration);
        var first = await _authority.Handle(command);

        (await _authority.Handle(command with { CertificateSigningRequest = key.CreateSigningRequest("SN-1") })).CertificateId.ShouldBe(first.CertificateId);
        (await _authority.Handle(command with { CertificateSigningRequest = TestAuthority.ACsr() })).Refused!.Code.ShouldBe("invalid-request");
    }
}
