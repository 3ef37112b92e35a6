using System.Buffers;
using System.Runtime.CompilerServices;

namespace SimulationManager.RosMessages;

/// <summary>Writes into a buffer writer by the piece, not by the value.</summary>
internal ref struct OutputBuffer(IBufferWriter<byte> writer)
{
    private const int PieceBytes = 4096;

    private Span<byte> _span = writer.GetSpan(PieceBytes);
    private int _used;

    public void Flush()
    {
        writer.Advance(_used);
        _span = [];
        _used = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _used += bytes.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(byte value)
    {
        Reserve(1)[0] = value;
        _used++;
    }

    /// <summary>Counts bytes that were written into what <see cref="Reserve"/> gave, which may have begun a new piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int bytes) => _used += bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int bytes)
    {
        if (_span.Length - _used < bytes)
            Grow(bytes);
        return _span[_used..];
    }

    private void Grow(int bytes)
    {
        writer.Advance(_used);
        _span = writer.GetSpan(Math.Max(bytes, PieceBytes));
        _used = 0;
    }
}
