using System.Net;
using System.Net.Sockets;

namespace FleetPlatform.TemplateEngine.Hooks;

/// <summary>
/// Where a hook may be. Whoever may write a template chooses where the platform connects to: never to itself, to its neighbours or to a
/// cloud's metadata, unless the deployment says so.
/// </summary>
static class HookAddresses
{
    /// <summary>What is not a public unicast address (IANA special-purpose registries), and what can stand for one (mapped, NAT64, 6to4, Teredo).</summary>
    static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "::/127", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
            "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    /// <param name="allowed">Networks that the deployment has opened.</param>
    public static bool MayConnect(IPAddress address, IReadOnlyList<IPNetwork> allowed)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return allowed.Any(network => network.Contains(address)) || !NotPublic.Any(network => network.Contains(address));
    }

    /// <summary>Null when the target can be called.</summary>
    public static Refusal? Refuse(string target, bool allowHttp)
    {
        if (target.Length > 2048 || !Uri.TryCreate(target, UriKind.Absolute, out var address))
            return new(Reasons.InvalidRequest.Code, "The hook's targetArn must be an https:// address of at most 2048 characters; there are no Lambda functions here.");
        if (address.Scheme != Uri.UriSchemeHttps && !(allowHttp && address.Scheme == Uri.UriSchemeHttp))
            return new(Reasons.InvalidRequest.Code, "The hook's targetArn must begin with https://.");
        return address.UserInfo.Length > 0 || address.Fragment.Length > 0
            ? new(Reasons.InvalidRequest.Code, "The hook's address holds no user name and no fragment; calls are signed instead.")
            : null;
    }

    /// <summary>Connects to the first address of the name that may be connected to: what was checked is what is used, whatever the name resolves to next.</summary>
    /// <exception cref="HookAddressException">None may be.</exception>
    public static async ValueTask<Stream> Connect(DnsEndPoint target, IReadOnlyList<IPNetwork> allowed, CancellationToken cancellation)
    {
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellation);
        var usable = addresses.Where(address => MayConnect(address, allowed)).ToArray();
        if (usable.Length == 0) throw new HookAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, target.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The hook's name leads nowhere that may be connected to.</summary>
sealed class HookAddressException() : Exception("The hook's address is not public, and PreProvisioningHook:AllowedNetworks does not hold it.");
