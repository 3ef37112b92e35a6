using System.Text;
using System.Text.Unicode;

namespace SimulationManager.Rosbag2.Storage;

/// <summary>Names and definitions as storage files keep them: bytes that should be UTF-8.</summary>
internal static class StoredText
{
    /// <exception cref="BagFormatException">There is a NUL in it, which no name or definition has and databases refuse.</exception>
    public static string Of(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Contains((byte)0))
        {
            throw new BagFormatException(BagError.ValueInvalid,
                $"{file} holds a text with a NUL character in it, which no name or definition has. The file is damaged; send it as it was recorded.", file);
        }

        // Text that is not UTF-8 keeps its bytes apart instead of becoming the same replacement characters.
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }
}
