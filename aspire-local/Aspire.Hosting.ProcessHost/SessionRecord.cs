using System.Text.Json;

namespace Aspire.Hosting.ProcessHost;

/// <summary>
/// What is on disk while a session runs, so that the next one can end what a hard kill of both AppHost and process host left behind.
/// </summary>
internal sealed record SessionRecord
{
    public required string SessionId { get; init; }
    /// <summary>The kernel's boot: process numbers and start times of another boot mean nothing.</summary>
    public string BootId { get; init; } = "";
    public ProcessIdentity AppHost { get; init; }
    public ProcessIdentity Host { get; init; }
    public IReadOnlyList<ProcessIdentity> Children { get; init; } = [];
    public IReadOnlyList<ContainerRecord> Containers { get; init; } = [];

    public void Save(string path)
    {
        var half = path + ".new";
        File.WriteAllText(half, JsonSerializer.Serialize(this, HostJson.Default.SessionRecord));
        File.Move(half, path, overwrite: true);
    }

    /// <summary>Null when there is none, or none that can be read: then there is nothing that could be ended safely.</summary>
    public static SessionRecord? Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), HostJson.Default.SessionRecord);
        }
        catch (Exception notThere) when (notThere is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
