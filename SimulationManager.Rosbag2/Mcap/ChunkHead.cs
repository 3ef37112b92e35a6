namespace SimulationManager.Rosbag2.Mcap;

/// <summary>What a chunk says before its records, checked before anything is allocated for it.</summary>
/// <param name="FirstNs">Claimed first timestamp.</param>
/// <param name="LastNs">Claimed last timestamp.</param>
/// <param name="Bytes">Bytes after decompression.</param>
/// <param name="Crc">CRC-32 of the decompressed bytes, or 0.</param>
/// <param name="Compression">How the records are compressed.</param>
/// <param name="StoredBytes">Bytes in the file; fewer than the chunk says if the file ends inside it.</param>
/// <param name="Position">Where the records start in the file.</param>
internal readonly record struct ChunkHead(long FirstNs, long LastNs, int Bytes, uint Crc, McapCompression Compression, int StoredBytes, long Position)
{
    // Fixed fields and two lengths, then the longest name of a compression.
    private const int MaxBytes = 40 + 32;

    /// <summary>True if the claimed times can be true: the format writes 0 and 0 where there is no message.</summary>
    public bool HasTimes => FirstNs <= LastNs && (FirstNs, LastNs) != (0, 0);

    /// <param name="records">On the chunk.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="options">Limits.</param>
    /// <returns>Null if the file ends inside the head.</returns>
    /// <exception cref="BagFormatException">Sizes that cannot be true or are beyond a limit, or an unknown compression.</exception>
    public static ChunkHead? Read(McapRecords records, string file, BagOpenOptions options)
    {
        var head = records.Content(MaxBytes);
        if (records.IsCut && head.Length < MaxBytes)
            return null;
        var fields = new McapFields(head, file);
        var (first, last, bytes, crc) = (fields.Time(), fields.Time(), fields.UInt64(), fields.UInt32());
        var compression = ChunkDecompressor.Parse(fields.Text(), file);
        var stored = fields.UInt64();
        var offset = head.Length - fields.Left;
        var left = (ulong)(records.ContentLength - offset);
        if (records.IsCut)
            stored = Math.Min(stored, left);
        else if (stored > left)
            throw Damaged(records, file, "is shorter than its records");
        if (compression == McapCompression.None)
            bytes = stored;
        if (bytes > (ulong)options.MaxChunkBytes || stored > (ulong)options.MaxChunkBytes)
        {
            throw new BagFormatException(BagError.TooLarge,
                $"{file} holds a chunk of {Math.Max(bytes, stored)} bytes. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxChunkBytes)} if the bag is trusted.", file);
        }

        var possible = records.IsCut || ChunkDecompressor.CanBecome(compression, (long)stored, (long)bytes);
        if (!possible || !ChunkDecompressor.CanComeFrom((long)stored, (long)bytes))
            throw Damaged(records, file, "names sizes that its compression cannot have made");
        return new ChunkHead(first, last, (int)bytes, crc, compression, (int)stored, records.ContentPosition + offset);
    }

    private static BagFormatException Damaged(McapRecords records, string file, string problem) => new(BagError.StorageCorrupt,
        $"{file} is damaged: the chunk at byte {records.Position} {problem}. Send the whole file again, or recover it with 'mcap recover'.", file);
}
