using System.Buffers.Binary;

namespace SimulationManager.RosMessages;

/// <summary>The encapsulations that ROS 2 uses (DDSI-RTPS 2.5, clause 10.2; DDS-XTypes 1.3, table 60).</summary>
public enum CdrRepresentation
{
    /// <summary>Plain CDR, XCDR version 1, big-endian.</summary>
    Cdr1BigEndian = 0x0000,

    /// <summary>Plain CDR, XCDR version 1, little-endian: what ROS 2 writes by default.</summary>
    Cdr1LittleEndian = 0x0001,

    /// <summary>Plain CDR, XCDR version 2, big-endian.</summary>
    Cdr2BigEndian = 0x0006,

    /// <summary>Plain CDR, XCDR version 2, little-endian.</summary>
    Cdr2LittleEndian = 0x0007,
}

/// <summary>
/// How a <c>wstring</c> is serialized. The middlewares do not agree and a payload does not say which wrote it.
/// </summary>
public enum WideStringForm
{
    /// <summary>Number of code units, then two bytes each: Fast CDR 2 (Fast DDS and Zenoh since Jazzy).</summary>
    CountOfTwoBytes,

    /// <summary>Number of code units, then four bytes each: Fast CDR 1 (Fast DDS until Iron).</summary>
    CountOfFourBytes,

    /// <summary>Number of bytes, then two bytes for each code unit: Cyclone DDS.</summary>
    BytesOfTwoBytes,
}

/// <summary>What a payload's bytes follow from besides the message: encapsulation header, end, form of <c>wstring</c>s.</summary>
public sealed record CdrForm
{
    internal const int HeaderBytes = 4;

    /// <summary>Little-endian XCDR version 1 without padding at the end.</summary>
    public static CdrForm LittleEndian { get; } = new();

    /// <summary>The encapsulation.</summary>
    public CdrRepresentation Representation { get; init; } = CdrRepresentation.Cdr1LittleEndian;

    /// <summary>The last two bytes of the encapsulation header, 0 to 65535.</summary>
    public int Options { get; init; }

    /// <summary>Whether the payload is filled with zeros to a multiple of four bytes, as Fast DDS records it.</summary>
    public bool PadsToFourBytes { get; init; }

    /// <summary>How a <c>wstring</c> is serialized.</summary>
    public WideStringForm WideStrings { get; init; }

    internal bool IsVersion2 => Representation is CdrRepresentation.Cdr2BigEndian or CdrRepresentation.Cdr2LittleEndian;

    internal bool IsLittleEndian => Representation is CdrRepresentation.Cdr1LittleEndian or CdrRepresentation.Cdr2LittleEndian;

    /// <summary>The form of a payload, so that a changed message can be written as it was.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="wideStrings">The form of <c>wstring</c>s, which cannot be seen.</param>
    /// <exception cref="RosMessageException">The encapsulation is not supported, or there is none.</exception>
    public static CdrForm Of(ReadOnlySpan<byte> payload, WideStringForm wideStrings = default) => new()
    {
        Representation = ReadRepresentation(payload),
        Options = BinaryPrimitives.ReadUInt16BigEndian(payload[2..]),
        PadsToFourBytes = payload.Length % 4 == 0,
        WideStrings = wideStrings,
    };

    internal static CdrRepresentation ReadRepresentation(ReadOnlySpan<byte> payload)
    {
        if (TryReadRepresentation(payload, out var representation))
            return representation;
        throw payload.Length < HeaderBytes
            ? new RosMessageException(RosMessageError.PayloadTruncated, $"The payload has {payload.Length} bytes; its encapsulation header alone has {HeaderBytes}.")
            : new RosMessageException(RosMessageError.EncapsulationUnsupported,
                $"The encapsulation 0x{payload[0]:x2}{payload[1]:x2} is not plain CDR (0000, 0001, 0006, 0007), which ROS 2 uses.");
    }

    internal static bool TryReadRepresentation(ReadOnlySpan<byte> payload, out CdrRepresentation representation)
    {
        representation = default;
        if (payload.Length < HeaderBytes || payload[0] != 0 || payload[1] is not (0 or 1 or 6 or 7))
            return false;
        representation = (CdrRepresentation)payload[1];
        return true;
    }
}
