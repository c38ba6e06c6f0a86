namespace FleetPlatform.Cbor;

/// <summary>The type of the next data item, tags left out.</summary>
public enum CborType
{
    /// <summary>Major type 0.</summary>
    UnsignedInteger = 0,

    /// <summary>Major type 1.</summary>
    NegativeInteger = 1,

    /// <summary>Major type 2.</summary>
    ByteString = 2,

    /// <summary>Major type 3.</summary>
    TextString = 3,

    /// <summary>Major type 4.</summary>
    Array = 4,

    /// <summary>Major type 5.</summary>
    Map = 5,

    /// <summary>Simple values 20 and 21.</summary>
    Boolean = 6,

    /// <summary>Simple value 22.</summary>
    Null = 7,

    /// <summary>Simple value 23.</summary>
    Undefined = 8,

    /// <summary>Half, single or double precision.</summary>
    Float = 9,

    /// <summary>Any other simple value.</summary>
    Simple = 10,

    /// <summary>The open map or array has no more items.</summary>
    End = 11,
}
