using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimulationManager.RosMessages;

/// <summary>
/// Reads CDR: values aligned to their size, counted from the end of the encapsulation header, in XCDR version 2 to at most four
/// bytes (DDS-XTypes 1.3, clause 7.4). Every length is checked against what is left before anything is made of it. What begins with
/// <c>Try</c> returns false where the others throw; what is read after that is without meaning.
/// </summary>
internal ref struct CdrReader
{
    private readonly ReadOnlySpan<byte> _payload;
    private readonly int _maxAlignment;
    private CdrFault _fault;

    public CdrReader(ReadOnlySpan<byte> payload)
        : this(payload, CdrForm.ReadRepresentation(payload))
    {
    }

    public CdrReader(ReadOnlySpan<byte> payload, CdrRepresentation representation)
    {
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

    /// <summary>Why the last read failed.</summary>
    public readonly RosMessageException Error() => _fault.ToException(Position, _payload.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>()
        where T : unmanaged => TryRead(out T value) ? value : throw Error();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(out T value)
        where T : unmanaged
    {
        Align(Unsafe.SizeOf<T>());
        if (Remaining < Unsafe.SizeOf<T>())
        {
            value = default;
            return Fail(new CdrFault(CdrFaultKind.Truncated));
        }

        value = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_payload), Position));
        Position += Unsafe.SizeOf<T>();
        if (Swaps)
            value = ByteOrder.Reverse(value);
        return true;
    }

    /// <summary>The bytes of so many values, which are aligned if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count, int size)
    {
        if (count == 0)
            return [];
        Align(size);
        var start = Position;
        if (!TrySkip((long)count * size))
            throw Error();
        return _payload[start..Position];
    }

    /// <summary>Passes over bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkip(long bytes)
    {
        if (bytes > Remaining)
            return Fail(new CdrFault(CdrFaultKind.Truncated));
        Position += (int)bytes;
        return true;
    }

    /// <summary>A sequence's length, of which each element takes at least so many bytes.</summary>
    public int ReadCount(int bound, int minElementBytes) => TryReadCount(bound, minElementBytes, out var count) ? count : throw Error();

    /// <inheritdoc cref="ReadCount"/>
    public bool TryReadCount(int bound, int minElementBytes, out int count)
    {
        count = 0;
        if (!TryRead(out uint length))
            return false;
        if (bound > 0 && length > (uint)bound)
            return Fail(new CdrFault(CdrFaultKind.LongSequence, length, bound));
        if (length * (long)minElementBytes > Remaining)
            return Fail(new CdrFault(CdrFaultKind.Truncated));
        count = (int)length;
        return true;
    }

    /// <summary>The bytes of a string without the closing zero. A length of 0, which some writers use for an empty one, is taken.</summary>
    public ReadOnlySpan<byte> ReadText(int bound) => TryReadText(bound, out var text) ? text : throw Error();

    /// <inheritdoc cref="ReadText"/>
    public bool TryReadText(int bound, out ReadOnlySpan<byte> text)
    {
        text = [];
        if (!TryRead(out uint length))
            return false;
        if (length == 0)
            return true;
        var start = Position;
        if (!TrySkip(length))
            return false;
        if (_payload[Position - 1] != 0)
            return Fail(new CdrFault(CdrFaultKind.Unterminated));
        if (bound > 0 && length - 1 > (uint)bound)
            return Fail(new CdrFault(CdrFaultKind.LongText, length - 1, bound));
        text = _payload[start..(Position - 1)];
        return true;
    }

    /// <summary>The bytes of a <c>wstring</c>'s code units.</summary>
    public ReadOnlySpan<byte> ReadWideText(WideStringForm form, int bound) => TryReadWideText(form, bound, out var units) ? units : throw Error();

    /// <inheritdoc cref="ReadWideText"/>
    public bool TryReadWideText(WideStringForm form, int bound, out ReadOnlySpan<byte> units)
    {
        units = [];
        if (!TryRead(out uint length))
            return false;
        var size = form == WideStringForm.CountOfFourBytes ? 4 : 2;
        var count = form == WideStringForm.BytesOfTwoBytes ? length / 2 : length;
        var start = Position;
        if (!TrySkip(count * (long)size))
            return false;
        if ((form == WideStringForm.BytesOfTwoBytes && length % 2 != 0) || (bound > 0 && count > (uint)bound))
            return Fail(new CdrFault(CdrFaultKind.WideLength, length));
        units = _payload[start..Position];
        return true;
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
    public int BeginDelimited() => TryBeginDelimited(out var end) ? end : throw Error();

    /// <inheritdoc cref="BeginDelimited"/>
    public bool TryBeginDelimited(out int end)
    {
        end = -1;
        if (!HasDelimiters)
            return true;
        if (!TryRead(out uint bytes))
            return false;
        if (bytes > (uint)Remaining)
            return Fail(new CdrFault(CdrFaultKind.Truncated));
        end = Position + (int)bytes;
        return true;
    }

    /// <summary>Checks that an array or sequence ends where its length in bytes said.</summary>
    public void EndDelimited(int end)
    {
        if (!TryEndDelimited(end))
            throw Error();
    }

    /// <inheritdoc cref="EndDelimited"/>
    public bool TryEndDelimited(int end) => end < 0 || Position == end || Fail(new CdrFault(CdrFaultKind.Delimiter, end));

    /// <summary>Whether the payload ends here but for padding to a multiple of four bytes.</summary>
    public readonly bool IsAtEnd => Remaining <= 3;

    /// <summary>Checks that the payload ends here but for padding.</summary>
    public readonly void ExpectEnd()
    {
        if (!IsAtEnd)
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fail(CdrFault fault)
    {
        _fault = fault;
        return false;
    }
}
