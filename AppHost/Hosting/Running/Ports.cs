using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Aspire.Hosting.Running;

/// <summary>Chooses ports: the one asked for, else the one of the last run, else any free one.</summary>
sealed class Ports(string rememberedIn)
{
    // Below the range from which the kernel gives outgoing connections theirs (32768 and up), so that none takes a port in between.
    const int Lowest = 20_000;
    const int Highest = 32_000;

    readonly HashSet<int> _given = [];
    readonly Dictionary<string, int> _remembered = Read(rememberedIn);

    /// <summary>A port for a purpose, such as <c>control-plane/http</c>.</summary>
    /// <exception cref="DistributedApplicationException">The port asked for is taken.</exception>
    public int For(string purpose, int? asked, string option)
    {
        if (asked is { } port)
        {
            if (WhyNot(port) is { } reason) throw new DistributedApplicationException($"Port {port} for {purpose} {reason}. Choose another with {option}, or 0 for any.");
            _given.Add(port);
            return port;
        }

        if (!_remembered.TryGetValue(purpose, out var chosen) || !Take(chosen))
        {
            do chosen = RandomNumberGenerator.GetInt32(Lowest, Highest);
            while (!Take(chosen));
            _remembered[purpose] = chosen;
        }

        return chosen;
    }

    public void Remember() => FleetFolder.Write(rememberedIn, JsonSerializer.Serialize(_remembered));

    bool Take(int port) => !_given.Contains(port) && WhyNot(port) is null && _given.Add(port);

    // Null when it can be had.
    static string? WhyNot(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true); // connections of the last run that still linger do not count
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.AccessDenied ? "is not for this user" : "is taken on this machine";
        }
    }

    static Dictionary<string, int> Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(path))! : new(StringComparer.Ordinal);
}
