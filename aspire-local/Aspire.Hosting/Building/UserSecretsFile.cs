using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting;

/// <summary>
/// The AppHost's user secrets, shared by all of its processes: a new secret is added under a lock,
/// and the file is replaced as a whole, so that a reader never sees half of it.
/// </summary>
internal sealed class UserSecretsFile(string path)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly TimeSpan LockDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(20);

    public string Path { get; } = path;

    public static UserSecretsFile? Of(Assembly? appHost) => appHost?.GetCustomAttribute<UserSecretsIdAttribute>() is { } attribute
        ? new(PathHelper.GetSecretsPathFromSecretsId(attribute.UserSecretsId))
        : null;

    /// <exception cref="DistributedApplicationException">The file is not valid JSON, or cannot be written.</exception>
    public string GetOrAdd(string key, Func<string> generate)
    {
        var directory = System.IO.Path.GetDirectoryName(Path)!;
        try
        {
            Directory.CreateDirectory(directory);
            using var held = Lock();
            var secrets = Read();
            if (secrets[key]?.GetValue<string>() is { Length: > 0 } existing)
                return existing;
            var value = generate();
            secrets[key] = value;
            Replace(secrets);
            return value;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new DistributedApplicationException(
                $"The generated value of '{key}' could not be kept in the user secrets file '{Path}': {exception.Message}", exception);
        }
    }

    private JsonObject Read() => File.Exists(Path) && File.ReadAllText(Path) is { Length: > 0 } text
        ? JsonNode.Parse(text, documentOptions: Lenient)?.AsObject() ?? []
        : [];

    private void Replace(JsonObject secrets)
    {
        var temporary = $"{Path}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(temporary, options))
            writer.Write(secrets.ToJsonString(Indented));
        File.Move(temporary, Path, overwrite: true);
    }

    private FileStream Lock()
    {
        var lockPath = $"{Path}.lock";
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < LockDeadline)
            {
                // Another process of the same AppHost is at it; it takes milliseconds.
                using var pause = new ManualResetEventSlim();
                pause.Wait(LockInterval);
            }
        }
    }
}
