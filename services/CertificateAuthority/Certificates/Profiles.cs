using FleetPlatform.CertificateAuthority.Revocation;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Certificates;

/// <summary>The kinds of certificates this deployment signs, and which requests each takes.</summary>
sealed class Profiles(CertificateAuthorityOptions options)
{
    readonly WeakKeyList _weakKeys = WeakKeyList.Load(options.WeakKeyFolder ?? Path.Combine(options.DataDirectory, "weak-keys"));

    readonly CertificateProfile _device = CertificateProfile.Client(CertificateProfiles.Device, options.DeviceValidity, options.BackDating);
    readonly CertificateProfile _operator = CertificateProfile.Client(CertificateProfiles.Operator, options.OperatorValidity, options.BackDating);
    readonly CertificateProfile _temporaryClaim = CertificateProfile.Client(CertificateProfiles.TemporaryClaim, options.TemporaryClaimValidity, options.BackDating);

    public CertificateProfile Server { get; } = CertificateProfile.Server(options.ServerValidity, options.BackDating);

    public CertificateProfile Responder { get; } = CertificateProfile.Responder(options.ResponderValidity, options.BackDating);

    /// <summary>Where the revocation of an authority's certificates can be looked up; null when the deployment publishes nothing.</summary>
    public RevocationPoints? PointsOf(string issuerId) => Points.Of(issuerId, options);

    public CertificateProfile Of(CertificatePurpose purpose) => purpose switch
    {
        CertificatePurpose.Device or CertificatePurpose.Registration => _device,
        CertificatePurpose.Operator => _operator,
        CertificatePurpose.TemporaryClaim => _temporaryClaim,
        _ => throw new ArgumentOutOfRangeException(nameof(purpose), purpose, "No profile for this purpose."),
    };

    /// <summary>Holds a request against the rules of its profile.</summary>
    /// <exception cref="PkiException"><c>weak-key</c> or <c>invalid-csr</c>.</exception>
    public void Check(CertificateProfile profile, SubjectName subject, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        if (FindListed(subjectPublicKeyInfo) is { } listed) throw new PkiException(Reasons.WeakKey.Code, listed);
        if (!options.ProfileRules.TryGetValue(profile.Name, out var rules)) return;
        if (rules.FindKeyFault(PublicKey.Read(subjectPublicKeyInfo.Span)) is { } wrongKey) throw new PkiException(Reasons.WeakKey.Code, wrongKey);
        if (rules.FindSubjectFault(subject) is { } wrongName) throw new PkiException(Reasons.InvalidCsr.Code, wrongName);
    }

    /// <summary>What the lists of weak and stolen keys say of a key; null: nothing.</summary>
    public string? FindListed(ReadOnlyMemory<byte> subjectPublicKeyInfo) => _weakKeys.FindFault(subjectPublicKeyInfo.Span);

    /// <summary>What a certificate was signed for; null for one that is not for clients.</summary>
    public static CertificatePurpose? PurposeOf(CertificateSigned signed) => signed.Profile switch
    {
        CertificateProfiles.Device => signed.ForRegistration == true ? CertificatePurpose.Registration : CertificatePurpose.Device,
        CertificateProfiles.Operator => CertificatePurpose.Operator,
        CertificateProfiles.TemporaryClaim => CertificatePurpose.TemporaryClaim,
        _ => null,
    };
}
