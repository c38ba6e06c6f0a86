using System.Buffers.Text;
using System.Text;

namespace FleetPlatform.ControlPlane.Http;

/// <summary>Where a listing goes on, as a text that says nothing to the caller and belongs to one operation.</summary>
static class PageToken
{
    const int MaximumCharacters = 1024;

    public static string? Write(string operation, string? after) =>
        after is null ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"1\n{operation}\n{after}"));

    /// <param name="name">The query parameter, for the message.</param>
    public static string? Read(string operation, string? token, string name)
    {
        if (string.IsNullOrEmpty(token)) return null;
        if (token.Length <= MaximumCharacters && Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('\n', 3) is ["1", var of, var after] && of == operation)
            return after;
        throw new InvalidInputException($"{name} is not one that {operation} gave.");
    }
}
