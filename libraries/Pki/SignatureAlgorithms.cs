using System.Formats.Asn1;
using System.Security.Cryptography;

namespace FleetPlatform.Pki;

static class SignatureAlgorithms
{
    /// <summary>The hash of a signature algorithm.</summary>
    public static HashAlgorithmName HashOf(string oid) => oid switch
    {
        Oids.EcdsaSha384 or Oids.RsaSha384 => HashAlgorithmName.SHA384,
        Oids.EcdsaSha512 or Oids.RsaSha512 => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    /// <summary>Writes an AlgorithmIdentifier: parameters NULL for RSA (RFC 4055 §5), absent for ECDSA (RFC 5758 §3.2).</summary>
    public static void Write(AsnWriter writer, string oid)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (oid is Oids.RsaSha256 or Oids.RsaSha384 or Oids.RsaSha512) writer.WriteNull();
        }
    }
}
