using System.Globalization;

namespace SimulationManager.LocalS3;

/// <summary>How one server is started. Credentials come by environment only, where no process list shows them.</summary>
internal sealed record S3ServerOptions
{
    public const string UserVariable = "MINIO_ROOT_USER";
    public const string PasswordVariable = "MINIO_ROOT_PASSWORD";

    public const string Usage =
        $"Usage: --data <folder> --port <port> [--console <port>] [--address <ip>], with {UserVariable} and {PasswordVariable} in the environment.";

    public required string DataFolder { get; init; }
    public required int Port { get; init; }
    /// <summary>Where a page tells that there is no console; null for nowhere.</summary>
    public int? ConsolePort { get; init; }
    public string Address { get; init; } = "127.0.0.1";
    public required string AccessKey { get; init; }
    public required string SecretKey { get; init; }

    /// <exception cref="FormatException">Something is missing or not understood.</exception>
    public static S3ServerOptions Parse(string[] arguments, Func<string, string?> environment)
    {
        var values = new Dictionary<string, string>();
        for (var index = 0; index + 1 < arguments.Length; index += 2)
            values[arguments[index]] = arguments[index + 1];

        return new S3ServerOptions
        {
            DataFolder = Path.GetFullPath(Required(values.GetValueOrDefault("--data"), "--data")),
            Port = PortOf(Required(values.GetValueOrDefault("--port"), "--port")),
            ConsolePort = values.TryGetValue("--console", out var console) ? PortOf(console) : null,
            Address = values.GetValueOrDefault("--address", "127.0.0.1"),
            AccessKey = Required(environment(UserVariable), UserVariable),
            SecretKey = Required(environment(PasswordVariable), PasswordVariable),
        };
    }

    private static string Required(string? value, string name) =>
        value is { Length: > 0 } ? value : throw new FormatException($"{name} is missing. {Usage}");

    private static int PortOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new FormatException($"'{text}' is no port. {Usage}");
}
