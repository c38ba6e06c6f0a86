namespace FleetPlatform.Cli;

/// <summary>A command that cannot go on, with what the reader should do about it.</summary>
class CommandFailedException(string message, string remedy) : Exception(message)
{
    public string Remedy { get; } = remedy;
}
