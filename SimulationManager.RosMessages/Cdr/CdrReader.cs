using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// Reads CDR: values aligned to their size, counted from the end of the encapsulation header, in XCDR version 2 to at most four
/// bytes (DDS-XTypes 1.3, clause 7.4). Every length is checked against what is left before anything is made of it.
/// </summary>
internal ref struct CdrReader
{
    private readonly ReadOnlySpan<byte> _payload;
    private readonly int _maxAlignment;

    public CdrReader(ReadOnlySpan<byte> payload)
    {
        var representation = CdrForm.ReadRepresentation(payload);
        _payload = payload;
        _maxAlignment = representation >= CdrRepresentation.Cdr2BigEndian ? 4 : 8;
        Swaps = ((int)representation & 1) == 0 == BitConverter.IsLittleEndian;
        Position = CdrForm.HeaderBytes;
    }

    /// <summary>Bytes from the payload's begin.</summary>
    public int Position { get; set; }

    /// <summary>Whether numbers have another byte order than this machine.</summary>
    public bool Swaps { get; }

    /// <summary>Whether arrays and sequences of strings and messages begin with their length in bytes (DHEADER).</summary>
    public readonly bool HasDelimiters => _maxAlignment == 4;

    public readonly int Remaining => _payload.Length - Position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>()
        where T : unmanaged
    {
        Align(Unsafe.SizeOf<T>());
        if (Remaining < Unsafe.SizeOf<T>())
            throw Truncated();
        var value = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_payload), Position));
        Position += Unsafe.SizeOf<T>();
        return Swaps ? ByteOrder.Reverse(value) : value;
    }

    /// <summary>The bytes of so many values, which are aligned if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count, int size)
    {
        if (count == 0)
            return [];
        Align(size);
        var bytes = (long)count * size;
        if (bytes > Remaining)
            throw Truncated();
        var start = Position;
        Position += (int)bytes;
        return _payload.Slice(start, (int)bytes);
    }

    /// <summary>Passes over bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(long bytes)
    {
        if (bytes > Remaining)
            throw Truncated();
        Position += (int)bytes;
    }

    /// <summary>A sequence's length, of which each element takes at least so many bytes.</summary>
    public int ReadCount(int bound, int minElementBytes)
    {
        var count = Read<uint>();
        if (bound > 0 && count > (uint)bound)
            throw new RosMessageException(RosMessageError.PayloadInvalid, $"A sequence before byte {Position} has {count} elements; at most {bound} are allowed.");
        if (count * (long)minElementBytes > Remaining)
            throw Truncated();
        return (int)count;
    }

    /// <summary>The bytes of a string without the closing zero. A length of 0, which some writers use for an empty one, is taken.</summary>
    public ReadOnlySpan<byte> ReadText(int bound)
    {
        var length = Read<uint>();
        if (length > (uint)Remaining)
            throw Truncated();
        if (length == 0)
            return [];
        var bytes = Take((int)length, 1);
        if (bytes[^1] != 0)
            throw new RosMessageException(RosMessageError.PayloadInvalid, $"The string that ends at byte {Position} has no closing zero.");
        if (bound > 0 && length - 1 > (uint)bound)
            throw new RosMessageException(RosMessageError.PayloadInvalid, $"The string that ends at byte {Position} has {length - 1} bytes; at most {bound} are allowed.");
        return bytes[..^1];
    }

    /// <summary>The bytes of a <c>wstring</c>'s code units.</summary>
    public ReadOnlySpan<byte> ReadWideText(WideStringForm form, int bound)
    {
        var length = Read<uint>();
        var (size, units) = form switch
        {
            WideStringForm.CountOfTwoBytes => (2, length),
            WideStringForm.CountOfFourBytes => (4, length),
            _ => (2, length / 2),
        };
        if (units * (long)size > Remaining)
            throw Truncated();
        if ((form == WideStringForm.BytesOfTwoBytes && length % 2 != 0) || (bound > 0 && units > (uint)bound))
            throw new RosMessageException(RosMessageError.PayloadInvalid, $"The wstring before byte {Position} has the length {length}, which its type does not allow.");
        return Take((int)units, size);
    }

    /// <summary>A <c>bool</c>; only 0 and 1 are allowed, as in Fast CDR.</summary>
    public bool ReadBool() => Read<byte>() switch
    {
        0 => false,
        1 => true,
        var other => throw InvalidBool(other, Position),
    };

    /// <summary>Takes the length in bytes of an array or sequence, where there is one.</summary>
    /// <returns>The position at which it ends, or -1.</returns>
    public int BeginDelimited()
    {
        if (!HasDelimiters)
            return -1;
        var bytes = Read<uint>();
        return bytes <= (uint)Remaining ? Position + (int)bytes : throw Truncated();
    }

    /// <summary>Checks that an array or sequence ends where its length in bytes said.</summary>
    public readonly void EndDelimited(int end)
    {
        if (end >= 0 && Position != end)
            throw new RosMessageException(RosMessageError.PayloadInvalid, $"An array ends at byte {Position} although its length in bytes says {end}.");
    }

    /// <summary>Checks that the payload ends here but for padding to a multiple of four bytes.</summary>
    public readonly void ExpectEnd()
    {
        if (Remaining > 3)
            throw new RosMessageException(RosMessageError.PayloadInvalid,
                $"The message ends at byte {Position} of {_payload.Length}: the definition is that of another version of the type.");
    }

    public static RosMessageException InvalidBool(byte value, int position) =>
        new(RosMessageError.PayloadInvalid, $"The bool before byte {position} is {value}.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Align(int size)
    {
        var alignment = Math.Min(size, _maxAlignment);
        Position += (CdrForm.HeaderBytes - Position) & (alignment - 1);
    }

    private readonly RosMessageException Truncated() =>
        new(RosMessageError.PayloadTruncated, $"The payload of {_payload.Length} bytes ends, or promises more than it holds, at byte {Math.Min(Position, _payload.Length)}.");
}
