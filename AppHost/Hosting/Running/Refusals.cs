using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>What to do when a server refuses the host.</summary>
static class Refusals
{
    public static string OfPassword(IResourceWithConnectionString server) => server.ConfiguredConnectionString is null
        ? $"'{server.Name}' refuses the password. Its data is older than the secrets: restore secrets.json, or drop both with ./fleet reset."
        : $"'{server.Name}' refuses the user or password of ConnectionStrings__{server.Name}. Correct it where it is configured.";
}
