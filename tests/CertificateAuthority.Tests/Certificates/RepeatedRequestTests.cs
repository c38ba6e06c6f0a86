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
        var command = TestAuthority.Asking(key.CreateSigningRequest("SN-1"), purpose: CertificatePurpose.Registration);
        var elsewhere = await _authority.Handle(command);
        var intent = (CertificatePrepared)(await _authority.Issuance(command.Flow.FlowId))[0].Data;
        var flow = Guid.CreateVersion7().ToString("N");
        var session = _authority.Store.OpenSession(new() { Actor = "test" });
        session.StartStream(Issuance.StreamOf(flow), intent with { FlowId = flow });
        await session.SaveChangesAsync(TestContext.Current.CancellationToken);

        var answer = await _authority.Handle(command with { Flow = command.Flow with { FlowId = flow } });

        answer.Refused.ShouldBeNull();
        CertificateText.ReadPem(answer.CertificatePem).Tbs.ToArray().ShouldBe(intent.Tbs);
        (await _authority.Issuance(flow))[1].Data.ShouldBeOfType<IssuanceCompleted>().CertificateId.ShouldBe(answer.CertificateId);
        elsewhere.OwnershipToken.ShouldBeNull();
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
