using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>What to do when a server refuses the host.</summary>
static class Refusals
{
    /// <param name="server">Who refuses.</param>
    /// <param name="words">What it said.</param>
    public static string OfPassword(IResourceWithConnectionString server, string words) => server.ConfiguredConnectionString is null
        ? $"'{server.Name}' refuses the password ({words}). Its data is older than the secrets: restore secrets.json, or drop both with ./fleet reset."
        : $"'{server.Name}' refuses the user or password of ConnectionStrings__{server.Name} ({words}). Correct it where it is configured.";
}
