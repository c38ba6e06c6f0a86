using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using FleetPlatform.Bench.Measuring;
using FleetPlatform.Cli;
using FleetPlatform.Cli.ControlPlane;
using FleetPlatform.Pki;
using FleetPlatform.TestKit;
using static FleetPlatform.Bench.RevokeBench;

namespace FleetPlatform.Bench;

/// <summary>OCSP answers of the running platform, signed before and signed fresh (with a nonce): answers a second, and the service's CPU for each.</summary>
static class OcspBench
{
    public static async Task<int> Run(string[] args)
    {
        var requests = Option(args, "--requests", 5_000);
        await using var fleet = await Fleet.Start();
        using var controlPlane = new ControlPlaneClient(FleetEndpoints.Read(fleet.Directory));
        var environment = fleet.EnvironmentOf("revocation");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{environment["PKI_PORT"]}") };
        var chain = (await http.GetStringAsync("/issuing-1/chain.pem")).Split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n";
        var issuer = CertificateText.ReadPem(chain);
        var certificate = CertificateText.ReadPem((await controlPlane.CreateKeysAndCertificate(CancellationToken.None)).CertificatePem);
        await Eventually.Holds(async () =>
        {
            var answer = await Ask(http, Request(issuer, certificate, nonce: null));
            if (answer.Length < 100) throw new InvalidOperationException($"The responder does not know the certificate: {Convert.ToHexString(answer)}.");
        });

        foreach (var (what, nonce) in ((string, bool)[])[("signed before", false), ("signed fresh", true)])
        {
            await Measure(requests / 5, nonce); // warm
            var cpu = ProcessCpu.Milliseconds(fleet.ProcessId("revocation"));
            var began = Stopwatch.GetTimestamp();
            await Measure(requests, nonce);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Line($"{what,-14} {requests / seconds,8:0} answers/s, {(ProcessCpu.Milliseconds(fleet.ProcessId("revocation")) - cpu) / requests:0.000} CPU-ms each");
        }

        return 0;

        Task Measure(int count, bool nonce) => Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
            await Ask(http, Request(issuer, certificate, nonce ? RandomNumberGenerator.GetBytes(16) : null)));
    }

    static async Task<byte[]> Ask(HttpClient http, byte[] request)
    {
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new("application/ocsp-request");
        using var answer = await http.PostAsync("/ocsp", content);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    static byte[] Request(CertificateText issuer, CertificateText certificate, byte[]? nonce)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                using (writer.PushSequence()) writer.WriteObjectIdentifier(Oids.Sha256);
                writer.WriteOctetString(OcspResponse.NameHash(issuer.Subject, Oids.Sha256));
                writer.WriteOctetString(OcspResponse.KeyHash(issuer.SubjectPublicKeyInfo.Span, Oids.Sha256));
                writer.WriteInteger(certificate.SerialNumber.Span);
            }

            if (nonce is not null)
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
                using (writer.PushSequence())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Oids.OcspNonce);
                    using (writer.PushOctetString()) writer.WriteOctetString(nonce);
                }
        }

        return writer.Encode();
    }
}
