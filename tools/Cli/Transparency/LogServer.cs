using System.Net;
using System.Net.Http.Json;

namespace FleetPlatform.Cli.Transparency;

/// <summary>What a transparency log says. Nothing of it is believed; <see cref="VerifyLog"/> holds it together.</summary>
/// <param name="http">With the base address of the log, for example <c>http://pki.plant.example:8880/log/</c>.</param>
sealed class LogServer(HttpClient http)
{
    /// <summary>The newest checkpoint, as signed.</summary>
    public Task<string> ReadCheckpoint(CancellationToken cancellation) => Read("checkpoint", cancellation);

    /// <summary>The key it says is its own.</summary>
    public Task<string> ReadKey(CancellationToken cancellation) => Read("key", cancellation);

    public async Task<IReadOnlyList<byte[]>> ReadConsistencyProof(long former, long size, CancellationToken cancellation) =>
        (await Get<Proof>($"proofs/consistency/{former}/{size}", cancellation)).Hashes;

    public async Task<IReadOnlyList<byte[]>> ReadInclusionProof(long index, long size, CancellationToken cancellation) =>
        (await Get<Proof>($"proofs/inclusion/{size}/{index}", cancellation)).Hashes;

    /// <summary>Where it says that a certificate is mentioned.</summary>
    public async Task<IReadOnlyList<long>> Find(string certificateId, CancellationToken cancellation) => (await Get<Places>($"certificates/{certificateId}", cancellation)).Indexes;

    public async Task<string> ReadEntry(long index, CancellationToken cancellation) => (await Get<Page>($"entries/{index}-{index + 1}", cancellation)).Entries[0];

    async Task<string> Read(string path, CancellationToken cancellation)
    {
        using var response = await Send(path, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    async Task<T> Get<T>(string path, CancellationToken cancellation)
    {
        using var response = await Send(path, cancellation);
        return await response.Content.ReadFromJsonAsync<T>(cancellation) ?? throw new CommandFailedException($"The log answered nothing to {path}.", "Is this the address of a log?");
    }

    async Task<HttpResponseMessage> Send(string path, CancellationToken cancellation)
    {
        try
        {
            var response = await http.GetAsync(path, cancellation);
            if (response.IsSuccessStatusCode) return response;
            response.Dispose();
            throw new CommandFailedException($"The log answered {(int)response.StatusCode} to {path}.",
                response.StatusCode == HttpStatusCode.NotFound ? "Is this the address of a log, for example http://localhost:8880? One without entries has no checkpoint yet." : "Look at the revocation service.");
        }
        catch (HttpRequestException failure)
        {
            throw new CommandFailedException($"The log did not answer: {failure.Message}", "Name its address with --log.");
        }
    }

    sealed record Proof(IReadOnlyList<byte[]> Hashes);

    sealed record Places(IReadOnlyList<long> Indexes);

    sealed record Page(IReadOnlyList<string> Entries);
}
