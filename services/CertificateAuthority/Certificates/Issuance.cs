using System.Diagnostics;
using FleetPlatform.Events;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>Where one request for a certificate stands.</summary>
sealed record Issuance(CertificatePrepared? Prepared, string? CertificateId, bool Closed) : IAggregate<Issuance, IssuanceEvent>
{
    public static Issuance Initial { get; } = new(Prepared: null, CertificateId: null, Closed: false);

    /// <summary>Intent recorded, end not.</summary>
    public bool IsOpen => Prepared is not null && !Closed;

    public static StreamId StreamOf(string flowId) => StreamId.Of("issuance", flowId);

    public Issuance Evolve(IssuanceEvent @event) => @event switch
    {
        CertificatePrepared prepared => this with { Prepared = prepared },
        IssuanceCompleted completed => this with { CertificateId = completed.CertificateId, Closed = true },
        CertificateAbandoned or IssuanceRefused => this with { Closed = true },
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}

/// <summary>A certificate, as recorded.</summary>
sealed record Certificate(CertificateSigned? Signed) : IAggregate<Certificate, CertificateEvent>
{
    public static Certificate Initial { get; } = new(Signed: null);

    public static StreamId StreamOf(string certificateId) => StreamId.Of("certificate", certificateId);

    public Certificate Evolve(CertificateEvent @event) => @event switch
    {
        CertificateSigned signed => new(signed),
        _ => throw new UnreachableException($"No fold for {@event.GetType().Name}."),
    };
}
