using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.Revocation.Ocsp;
using FleetPlatform.Revocation.Tests.Lists;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.Revocation.Tests.Ocsp;

public sealed class RespondersTests
{
    /// <summary>Peers 3.2 case 12, of OCSP: never a silent stop.</summary>
    [Fact]
    public async Task An_authority_that_certifies_no_responder_is_an_alarm_until_it_does()
    {
        using var authority = new StandInAuthority { IsAway = true };
        var certifying = new Certifying(authority);
        using var service = new FleetService("revocation");
        using var responders = new Responders(new Authorities(certifying, TimeProvider.System), certifying, service, TimeProvider.System, NullLogger<Responders>.Instance);
        await responders.StartAsync(default);

        await Eventually.Is(() => responders.Failure is not null);
        PublishingHealth.Judge(TimeSpan.FromHours(1), null, responders.Failure).Status.ShouldBe(HealthStatus.Degraded);
        responders.Remaining.ShouldBeNull();

        authority.IsAway = false;
        await Eventually.Is(() => responders is { Failure: null, All.Count: 1 });
        responders.Remaining!.Value.ShouldBeGreaterThan(TimeSpan.FromDays(1));
        PublishingHealth.Judge(TimeSpan.FromHours(1), null, responders.Failure).Status.ShouldBe(HealthStatus.Healthy);
        await responders.StopAsync(default);
    }

    /// <summary>The authority, which certifies responders while it is there.</summary>
    sealed class Certifying(StandInAuthority authority) : IAsk
    {
        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            request is IssueResponderCertificate && !authority.IsAway
                ? Task.FromResult(new Answer<TAnswer>((TAnswer)(object)new ResponderCertificateIssued { CertificatePem = authority.CertificatePem }, null))
                : authority.Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default) where TRequest : class where TAnswer : class =>
            throw new RequestUnavailableException(service);
    }
}
