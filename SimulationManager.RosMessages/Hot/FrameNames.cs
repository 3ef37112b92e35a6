using System.Text;

namespace SimulationManager.RosMessages;

/// <summary>
/// New names for coordinate frames: those named get the name given, all others a prefix. Empty names stay empty. Immutable; a
/// look-up does not allocate.
/// </summary>
public sealed class FrameNames
{
    private readonly byte[] _prefix;
    private readonly Dictionary<byte[], byte[]>.AlternateLookup<ReadOnlySpan<byte>> _names;

    /// <summary>Creates a renaming.</summary>
    /// <param name="prefix">What every other frame's name is to begin with, such as <c>robot_7/</c>; may be empty.</param>
    /// <param name="names">Old names and their new ones. A frame that all robots share, such as <c>map</c>, is named as its own.</param>
    public FrameNames(string prefix, IEnumerable<KeyValuePair<string, string>>? names = null)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        _prefix = Encoding.UTF8.GetBytes(prefix);
        var table = new Dictionary<byte[], byte[]>(new ByteComparer());
        foreach (var (from, to) in names ?? [])
            table[Encoding.UTF8.GetBytes(from)] = Encoding.UTF8.GetBytes(to);
        _names = table.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The two parts of a frame's new name.</summary>
    internal (byte[] Prefix, bool IsWhole) Find(ReadOnlySpan<byte> name) =>
        _names.TryGetValue(name, out var renamed) ? (renamed, true) : name.IsEmpty ? ([], true) : (_prefix, false);

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
