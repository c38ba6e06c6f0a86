using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Cbor;
using FleetPlatform.Contracts;

namespace FleetPlatform.MqttGateway.Provisioning;

/// <summary>The body of an answer, in the format of the request (aws-protocol 1.3, 1.5, 1.6).</summary>
/// <param name="Body">The bytes. In the answer to CreateKeysAndCertificate they hold the private key, and nothing else of this process does.</param>
/// <param name="Refused">Why it was rejected; null when it was accepted.</param>
sealed record Reply(byte[] Body, Refused? Refused)
{
    const int Capacity = 48 * 1024; // deviceConfiguration of 10 KB, every character escaped, and room

    public bool IsAccepted => Refused is null;

    /// <summary>A certificate for a key that the device made.</summary>
    public static Reply Certificate(BodyFormat format, string token, string certificateId, string pem) => Write(format, null, writer =>
    {
        writer.StartMap(3);
        writer.Text("certificateOwnershipToken"u8, token);
        writer.Text("certificateId"u8, certificateId);
        writer.Text("certificatePem"u8, pem);
        writer.EndMap();
    });

    /// <summary>A certificate and its private key.</summary>
    /// <param name="privateKeyPem">PEM in ASCII; the caller wipes it.</param>
    public static Reply KeysAndCertificate(BodyFormat format, string token, string certificateId, string pem, byte[] privateKeyPem) => Write(format, null, writer =>
    {
        writer.StartMap(4);
        writer.Text("certificateId"u8, certificateId);
        writer.Text("certificatePem"u8, pem);
        writer.Utf8("privateKey"u8, privateKeyPem);
        writer.Text("certificateOwnershipToken"u8, token);
        writer.EndMap();
    });

    /// <summary>The command to rotate, with the pair to use (docs/rotation.md).</summary>
    /// <param name="command">What the scheduler says; of it all that is text.</param>
    /// <param name="privateKeyPem">PEM in ASCII; the caller wipes it.</param>
    public static Reply PushedPair(System.Text.Json.JsonElement command, string pem, byte[] privateKeyPem) => Write(BodyFormat.Json, null, writer =>
    {
        writer.StartMap(0);
        foreach (var member in command.EnumerateObject().Where(member => member.Value.ValueKind == System.Text.Json.JsonValueKind.String))
            writer.Text(Encoding.UTF8.GetBytes(member.Name), member.Value.GetString()!);
        writer.Text("new_certificate"u8, pem);
        writer.Utf8("new_private_key"u8, privateKeyPem);
        writer.EndMap();
    });

    /// <summary>A registered thing.</summary>
    /// <param name="thingName">Null when the template has no thing: the member is then left out.</param>
    /// <param name="configuration">May be empty.</param>
    public static Reply Thing(BodyFormat format, string? thingName, IReadOnlyDictionary<string, string> configuration) => Write(format, null, writer =>
    {
        writer.StartMap(thingName is null ? 1 : 2);
        writer.Name("deviceConfiguration"u8);
        writer.StartMap(configuration.Count);
        foreach (var (name, value) in configuration) writer.Text(Encoding.UTF8.GetBytes(name), value);
        writer.EndMap();
        if (thingName is not null) writer.Text("thingName"u8, thingName);
        writer.EndMap();
    });

    /// <summary>A refusal. The message begins with our reason code, which is finer than AWS's.</summary>
    public static Reply Rejected(BodyFormat format, Refused refused)
    {
        var reason = Reasons.Of(refused.Code);
        return Write(format, refused, writer =>
        {
            writer.StartMap(3);
            writer.Number("statusCode"u8, reason.MqttStatus);
            writer.Text("errorCode"u8, reason.MqttErrorCode);
            writer.Text("errorMessage"u8, $"{refused.Code}: {refused.Detail}");
            writer.EndMap();
        });
    }

    static Reply Write(BodyFormat format, Refused? refused, Action<BodyWriter> write)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Capacity);
        var output = new FixedBuffer(buffer);
        try
        {
            write(new BodyWriter(output, format));
            return new Reply(buffer.AsSpan(0, output.Written).ToArray(), refused);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer.AsSpan(0, output.Written));
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A buffer that never grows, so that nothing written to it is left behind in an outgrown one.</summary>
    sealed class FixedBuffer(byte[] buffer) : IBufferWriter<byte>
    {
        public int Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) =>
            buffer.Length - Written >= Math.Max(sizeHint, 1) ? buffer.AsMemory(Written) : throw new InvalidOperationException("The answer is larger than any answer may be.");

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    /// <summary>Maps of text and numbers, in JSON or in CBOR.</summary>
    sealed class BodyWriter(IBufferWriter<byte> output, BodyFormat format)
    {
        bool _first = true;

        bool IsCbor => format == BodyFormat.Cbor;

        public void StartMap(int pairs)
        {
            if (IsCbor) new CborWriter(output).WriteStartMap(pairs);
            else output.Write("{"u8);
            _first = true;
        }

        public void EndMap()
        {
            if (!IsCbor) output.Write("}"u8);
            _first = false;
        }

        public void Name(ReadOnlySpan<byte> name)
        {
            if (IsCbor)
            {
                new CborWriter(output).WriteTextString(name);
                return;
            }

            if (!_first) output.Write(","u8);
            _first = false;
            JsonText.Write(output, name);
            output.Write(":"u8);
        }

        public void Number(ReadOnlySpan<byte> name, int value)
        {
            Name(name);
            if (IsCbor)
            {
                new CborWriter(output).WriteInteger(value);
                return;
            }

            value.TryFormat(output.GetSpan(11), out var written);
            output.Advance(written);
        }

        public void Text(ReadOnlySpan<byte> name, string value) => Utf8(name, Encoding.UTF8.GetBytes(value));

        public void Utf8(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            Name(name);
            if (IsCbor) new CborWriter(output).WriteTextString(value);
            else JsonText.Write(output, value);
        }
    }
}

/// <summary>
/// JSON strings written straight to their place (RFC 8259 §7). Utf8JsonWriter would put what it escapes into a pooled array first, and
/// a private key has no business there; it would also write '+' of base64 as six characters, which small buffers feel.
/// </summary>
static class JsonText
{
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8)
    {
        output.Write("\""u8);
        while (!utf8.IsEmpty)
        {
            var plain = 0;
            while (plain < utf8.Length && utf8[plain] is >= 0x20 and not ((byte)'"' or (byte)'\\')) plain++;
            output.Write(utf8[..plain]);
            if (plain == utf8.Length) break;
            WriteEscaped(output, utf8[plain]);
            utf8 = utf8[(plain + 1)..];
        }

        output.Write("\""u8);
    }

    static void WriteEscaped(IBufferWriter<byte> output, byte character)
    {
        switch (character)
        {
            case (byte)'"': output.Write("\\\""u8); break;
            case (byte)'\\': output.Write("\\\\"u8); break;
            case (byte)'\n': output.Write("\\n"u8); break;
            case (byte)'\r': output.Write("\\r"u8); break;
            case (byte)'\t': output.Write("\\t"u8); break;
            default:
                output.Write("\\u00"u8);
                character.TryFormat(output.GetSpan(2), out var written, "x2");
                output.Advance(written);
                break;
        }
    }
}
