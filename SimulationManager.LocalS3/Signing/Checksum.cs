using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace SimulationManager.LocalS3.Signing;

/// <summary>The checksums that clients may send along (<c>x-amz-checksum-*</c>), in base64 of the big-endian value.</summary>
internal abstract class Checksum
{
    public const string HeaderPrefix = "x-amz-checksum-";

    public abstract void Append(ReadOnlySpan<byte> bytes);

    public abstract byte[] Finish();

    /// <summary>Null for a name that S3 does not know.</summary>
    public static Checksum? For(string algorithm) => algorithm.ToLowerInvariant() switch
    {
        "crc32" => new TableCrc(Crc32Table, sizeof(uint)),
        "crc32c" => new Crc32C(),
        "crc64nvme" => new TableCrc(Crc64NvmeTable, sizeof(ulong)),
        "sha1" => new Digest(HashAlgorithmName.SHA1),
        "sha256" => new Digest(HashAlgorithmName.SHA256),
        _ => null,
    };

    // Reflected polynomials of IEEE 802.3 and of the NVM Express specification.
    private static readonly ulong[] Crc32Table = MakeTable(0xEDB88320);
    private static readonly ulong[] Crc64NvmeTable = MakeTable(0x9A6C9329AC4BC9B5);

    private static ulong[] MakeTable(ulong polynomial)
    {
        var table = new ulong[256];
        for (var index = 0; index < table.Length; index++)
        {
            var value = (ulong)index;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
            table[index] = value;
        }

        return table;
    }

    /// <summary>Begins and ends with all bits inverted; a shorter one simply leaves the upper bits alone.</summary>
    private sealed class TableCrc(ulong[] table, int size) : Checksum
    {
        private readonly ulong _mask = ulong.MaxValue >> (64 - (8 * size));
        private ulong _value = ulong.MaxValue >> (64 - (8 * size));

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            var value = _value;
            foreach (var octet in bytes)
                value = table[(byte)(value ^ octet)] ^ (value >> 8);
            _value = value;
        }

        public override byte[] Finish()
        {
            var bytes = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, _value ^ _mask);
            return bytes[^size..];
        }
    }

    private sealed class Crc32C : Checksum
    {
        private uint _value = uint.MaxValue;

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            var value = _value;
            for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
                value = BitOperations.Crc32C(value, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            foreach (var octet in bytes)
                value = BitOperations.Crc32C(value, octet);
            _value = value;
        }

        public override byte[] Finish()
        {
            var bytes = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, ~_value);
            return bytes;
        }
    }

    private sealed class Digest(HashAlgorithmName name) : Checksum
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(name);

        public override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        public override byte[] Finish()
        {
            var value = _hash.GetHashAndReset();
            _hash.Dispose();
            return value;
        }
    }
}
