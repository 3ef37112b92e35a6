using System.Buffers;

namespace SimulationManager.Replay;

/// <summary>Packets that are written together. It has memory only while there are some.</summary>
internal sealed class PacketBuffer
{
    private const int FirstBytes = 512;

    private byte[] _bytes = [];

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Appends bytes that the caller is to fill.</summary>
    public Span<byte> Append(int count)
    {
        if (_bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, Math.Max(FirstBytes, 2 * _bytes.Length)));
            Written.CopyTo(larger);
            Return();
            _bytes = larger;
        }
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    public void Clear()
    {
        Return();
        (_bytes, Length) = ([], 0);
    }

    private void Return()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
    }
}
