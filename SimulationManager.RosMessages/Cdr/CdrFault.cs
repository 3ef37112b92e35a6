namespace SimulationManager.RosMessages;

/// <summary>What is wrong with a payload.</summary>
internal enum CdrFaultKind
{
    /// <summary>It ends, or promises more than it holds.</summary>
    Truncated,

    /// <summary>A string has no closing zero.</summary>
    Unterminated,

    /// <summary>A string has more bytes than its bound.</summary>
    LongText,

    /// <summary>A sequence has more elements than its bound.</summary>
    LongSequence,

    /// <summary>A <c>wstring</c>'s length is none that its form or its bound allows.</summary>
    WideLength,

    /// <summary>An array does not end where its length in bytes says.</summary>
    Delimiter,
}

/// <summary>Why a read failed, as numbers: a payload that cannot be rewritten must not cost more than one that can.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Value">The length that the payload names, or the position that it should have ended at.</param>
/// <param name="Bound">The most that the type allows.</param>
internal readonly record struct CdrFault(CdrFaultKind Kind, long Value = 0, int Bound = 0)
{
    /// <param name="position">Where the reader is.</param>
    /// <param name="length">Bytes of the payload.</param>
    public RosMessageException ToException(int position, int length) => Kind switch
    {
        CdrFaultKind.Truncated => new(RosMessageError.PayloadTruncated,
            $"The payload of {length} bytes ends, or promises more than it holds, at byte {Math.Min(position, length)}."),
        CdrFaultKind.Unterminated => Invalid($"The string that ends at byte {position} has no closing zero."),
        CdrFaultKind.LongText => Invalid($"The string that ends at byte {position} has {Value} bytes; at most {Bound} are allowed."),
        CdrFaultKind.LongSequence => Invalid($"A sequence before byte {position} has {Value} elements; at most {Bound} are allowed."),
        CdrFaultKind.WideLength => Invalid($"The wstring before byte {position} has the length {Value}, which its type does not allow."),
        _ => Invalid($"An array ends at byte {position} although its length in bytes says {Value}."),
    };

    private static RosMessageException Invalid(string message) => new(RosMessageError.PayloadInvalid, message);
}
