using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>The kinds of certificates this deployment signs.</summary>
sealed class Profiles(CertificateAuthorityOptions options)
{
    const string DeviceName = "device";
    const string OperatorName = "operator";
    const string TemporaryClaimName = "temporary-claim";

    readonly CertificateProfile _device = CertificateProfile.Client(DeviceName, options.DeviceValidity, options.BackDating);
    readonly CertificateProfile _operator = CertificateProfile.Client(OperatorName, options.OperatorValidity, options.BackDating);
    readonly CertificateProfile _temporaryClaim = CertificateProfile.Client(TemporaryClaimName, options.TemporaryClaimValidity, options.BackDating);

    public CertificateProfile Server { get; } = CertificateProfile.Server(options.ServerValidity, options.BackDating);

    public CertificateProfile Responder { get; } = CertificateProfile.Responder(options.ResponderValidity, options.BackDating);

    /// <summary>Where the revocation of an authority's certificates can be looked up; null when the deployment publishes nothing.</summary>
    public RevocationPoints? PointsOf(string issuerId) => Points.Of(issuerId, options);

    public CertificateProfile Of(CertificatePurpose purpose) => purpose switch
    {
        CertificatePurpose.Device => _device,
        CertificatePurpose.Operator => _operator,
        CertificatePurpose.TemporaryClaim => _temporaryClaim,
        _ => throw new ArgumentOutOfRangeException(nameof(purpose), purpose, "No profile for this purpose."),
    };

    /// <summary>The purpose a recorded profile stands for; null for certificates that are not for clients.</summary>
    public static CertificatePurpose? PurposeOf(string profile) => profile switch
    {
        DeviceName => CertificatePurpose.Device,
        OperatorName => CertificatePurpose.Operator,
        TemporaryClaimName => CertificatePurpose.TemporaryClaim,
        _ => null,
    };
}
