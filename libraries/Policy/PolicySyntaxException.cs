namespace FleetPlatform.Policy;

/// <summary>A policy document does not follow the language; nothing of it applies.</summary>
public sealed class PolicySyntaxException : Exception
{
    public PolicySyntaxException() : this("", "The policy document is malformed.")
    {
    }

    public PolicySyntaxException(string message) : this("", message)
    {
    }

    public PolicySyntaxException(string message, Exception innerException) : base(message, innerException) => Path = "";

    public PolicySyntaxException(string path, string message) : base(path.Length == 0 ? message : $"{path}: {message}") => Path = path;

    /// <summary>Where in the document, for example <c>Statement[1].Resource[0]</c>; empty for the document as a whole.</summary>
    public string Path { get; }
}
