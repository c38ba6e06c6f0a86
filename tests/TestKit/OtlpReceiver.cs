using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FleetPlatform.TestKit;

/// <summary>Receives traces, metrics and logs over OTLP/HTTP (protobuf) on a free loopback port, and keeps them.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    readonly ConcurrentQueue<ReceivedExport> _exports = new();

    OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", async (HttpRequest request) => OtlpTraces.Read(await Keep("traces", request), _spans.Enqueue));
        _app.MapPost("/v1/logs", (HttpRequest request) => Keep("logs", request));
        _app.MapPost("/v1/metrics", (HttpRequest request) => Keep("metrics", request));
    }

    /// <summary>For <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public string Endpoint => _app.Urls.First();

    /// <summary>Every span received so far.</summary>
    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    /// <summary>Everything received so far, as sent.</summary>
    public IReadOnlyCollection<ReceivedExport> Exports => _exports;

    public static async Task<OtlpReceiver> Start()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task<byte[]> Keep(string signal, HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var export = new ReceivedExport(signal, body.ToArray());
        _exports.Enqueue(export);
        return export.Body;
    }
}

/// <summary>The body of one export.</summary>
/// <param name="Signal">traces, metrics or logs.</param>
/// <param name="Body">In protobuf.</param>
public sealed record ReceivedExport(string Signal, byte[] Body);

/// <summary>A span as exported: ids in lower-case hex, an empty parent for a root.</summary>
/// <param name="EndedAt">Nanoseconds since 1970.</param>
/// <param name="LinkedTraceIds">Traces that it serves too.</param>
public sealed record ReceivedSpan(
    string Service, string Scope, string TraceId, string SpanId, string ParentSpanId, string Name, ulong EndedAt, IReadOnlyList<string> LinkedTraceIds);

/// <summary>Reads an ExportTraceServiceRequest (opentelemetry-proto, trace/v1) as far as <see cref="ReceivedSpan"/> needs it.</summary>
static class OtlpTraces
{
    public static void Read(byte[] request, Action<ReceivedSpan> take)
    {
        foreach (var (field, resourceSpans) in Fields(request))
            if (field == 1) ReadResource(resourceSpans, take);
    }

    static void ReadResource(byte[] resourceSpans, Action<ReceivedSpan> take)
    {
        var service = "";
        foreach (var (field, value) in Fields(resourceSpans))
            if (field == 1) service = ServiceName(value);
        foreach (var (field, value) in Fields(resourceSpans))
            if (field == 2) ReadScope(value, service, take);
    }

    static void ReadScope(byte[] scopeSpans, string service, Action<ReceivedSpan> take)
    {
        var scope = "";
        foreach (var (field, value) in Fields(scopeSpans))
        {
            if (field == 1) scope = Text(value, 1);
            if (field == 2) take(new(service, scope, Hex(value, 1), Hex(value, 2), Hex(value, 4), Text(value, 5), EndOf(value), Links(value)));
        }
    }

    static ulong EndOf(byte[] span)
    {
        const int endTimeUnixNano = 8;
        var input = new CodedInputStream(span);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (tag == WireFormat.MakeTag(endTimeUnixNano, WireFormat.WireType.Fixed64)) return input.ReadFixed64();
            input.SkipLastField();
        }

        return 0;
    }

    static string[] Links(byte[] span) => [.. Fields(span).Where(field => field.Number == 13).Select(link => Hex(link.Value, 1))];

    // Resource.attributes is a list of KeyValue; the value of a string is AnyValue.string_value.
    static string ServiceName(byte[] resource) => Fields(resource)
        .Where(field => field.Number == 1 && Text(field.Value, 1) == "service.name")
        .Select(field => Text(Fields(field.Value).First(part => part.Number == 2).Value, 1))
        .FirstOrDefault("");

    static string Text(byte[] message, int number) => System.Text.Encoding.UTF8.GetString(Bytes(message, number));

    static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Bytes(message, number));

    static byte[] Bytes(byte[] message, int number) => Fields(message).FirstOrDefault(field => field.Number == number).Value ?? [];

    // Only length-delimited fields matter here; the others are skipped.
    static List<(int Number, byte[] Value)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                fields.Add((WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray()));
            else
                input.SkipLastField();
        }

        return fields;
    }
}
