using System.Security.Cryptography;
using System.Text;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Ids of flows that can be asked for again.</summary>
public static class FlowIds
{
    /// <summary>The flow of one item of a batch: always the same one, so that asking again doubles nothing. Sorts by the batch's time, as all flow ids do.</summary>
    /// <param name="batch">Id of the batch: 32 lower-case hex digits of a version 7 UUID (<see cref="IsBatch"/>).</param>
    /// <param name="item">What tells the item from others of its batch.</param>
    public static string OfItem(string batch, string item) =>
        $"{batch[..12]}7{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{batch}\n{item}")))[..19]}";

    /// <summary>Whether this can be the id of a batch.</summary>
    public static bool IsBatch(string id) => id.Length == 32 && id[12] == '7' && id.All(char.IsAsciiHexDigitLower);
}
