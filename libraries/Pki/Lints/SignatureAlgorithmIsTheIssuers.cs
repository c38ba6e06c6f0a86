namespace FleetPlatform.Pki;

/// <summary>The algorithm named is one that the key of the issuer makes.</summary>
sealed class SignatureAlgorithmIsTheIssuers : ILint
{
    public string Citation => "RFC 5280 §4.1.1.2";

    public string? Check(LintSubject subject) =>
        subject.Issuer.KeyAlgorithm switch
        {
            PublicKeyAlgorithm.EcdsaP256 => subject.Certificate.SignatureAlgorithm == Oids.EcdsaSha256,
            PublicKeyAlgorithm.EcdsaP384 => subject.Certificate.SignatureAlgorithm == Oids.EcdsaSha384,
            PublicKeyAlgorithm.Rsa => subject.Certificate.SignatureAlgorithm == Oids.RsaSha256,
            _ => false,
        }
            ? null
            : "The signature algorithm does not fit the key of the issuer.";
}
