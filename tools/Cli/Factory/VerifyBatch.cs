using FleetPlatform.Pki;

namespace FleetPlatform.Cli.Factory;

/// <summary>Holds a batch's folder against its manifest: the chain of hashes, each certificate, each key, and what is missing.</summary>
static class VerifyBatch
{
    /// <returns>What is wrong; empty when all is as the manifest says.</returns>
    public static IEnumerable<string> Handle(string folder)
    {
        var (lines, imported) = (Manifest.Read(folder), ImportOrder.IsIn(folder));
        var (serials, certificates, keys) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var line in lines)
        {
            if (!serials.Add(line.Serial)) yield return $"{line.Serial} stands in the manifest twice.";
            if (!certificates.Add(line.CertificateId)) yield return $"{line.Serial} has the certificate of another device.";
            if (!keys.Add(line.PublicKey)) yield return $"{line.Serial} has the key of another device.";
            if (!imported && Fault(new(RunBatch.PathOf(folder, line.Serial)), line) is { } fault) yield return $"{line.Serial}: {fault}";
        }

        if (imported) yield break; // no files of devices, and the list may grow
        foreach (var missing in BatchOrder.Read(folder).Serials.Where(serial => !serials.Contains(serial))) yield return $"{missing} is not registered yet.";
    }

    static string? Fault(DeviceFolder device, ManifestLine line)
    {
        try
        {
            var certificate = Pem.ReadCertificate(device.Read(DeviceFolder.Certificate));
            using var key = KeyPair.FromPem(device.Read(DeviceFolder.PrivateKey));
            return CertificateId.Of(certificate) != line.CertificateId ? "its certificate is not the one in the manifest."
                : RunBatch.KeyHash(key) != line.PublicKey ? "its key is not the one in the manifest."
                : !CertificateText.Read(certificate).SubjectPublicKeyInfo.Span.SequenceEqual(key.SubjectPublicKeyInfo) ? "its certificate is not for its key."
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or PkiException)
        {
            return $"its files cannot be read: {unreadable.Message}";
        }
    }
}
