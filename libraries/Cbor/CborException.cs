namespace FleetPlatform.Cbor;

/// <summary>The bytes are not the CBOR that was asked for.</summary>
public sealed class CborException : Exception
{
    public CborException() : this(CborFailure.Malformed, 0, "Malformed CBOR.")
    {
    }

    public CborException(string message) : this(CborFailure.Malformed, 0, message)
    {
    }

    public CborException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public CborException(CborFailure failure, int offset, string message) : base(message)
    {
        Failure = failure;
        Offset = offset;
    }

    /// <summary>What kind of failure it was.</summary>
    public CborFailure Failure { get; }

    /// <summary>Where it was found, in bytes from the start of the document.</summary>
    public int Offset { get; }
}

/// <summary>Why a document was refused.</summary>
public enum CborFailure
{
    /// <summary>Not well-formed (RFC 8949 §5.3.1), or not valid: bad UTF-8, a duplicate key.</summary>
    Malformed = 0,

    /// <summary>Well-formed, but another type or value than the reader was asked for.</summary>
    Unexpected = 1,

    /// <summary>Over one of <see cref="CborLimits"/>.</summary>
    OverLimit = 2,
}
