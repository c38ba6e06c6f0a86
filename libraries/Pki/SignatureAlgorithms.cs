using System.Formats.Asn1;

namespace FleetPlatform.Pki;

static class SignatureAlgorithms
{
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
