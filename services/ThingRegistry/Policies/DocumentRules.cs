using System.Security.Cryptography;
using System.Text;
using FleetPlatform.Policy;

namespace FleetPlatform.ThingRegistry.Policies;

/// <summary>What a policy document may be.</summary>
static class DocumentRules
{
    /// <summary>Null when the document is a policy this platform can evaluate.</summary>
    public static Refusal? Refuse(string document)
    {
        try
        {
            PolicyDocument.Compile(document);
            return null;
        }
        catch (PolicySyntaxException wrong)
        {
            return new(Reasons.MalformedPolicy.Code, wrong.Message);
        }
    }

    /// <summary>The name of a policy that a template gives only as a document: upper-case hex SHA-1 of its text.</summary>
#pragma warning disable CA5350 // A name that AWS chose, not a protection: what is attached is the stored document.
    public static string NameOf(string document) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(document)));
#pragma warning restore CA5350
}
