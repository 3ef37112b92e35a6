namespace SimulationManager.Replay;

/// <summary>Settings of what agents publish through.</summary>
public sealed class SinkOptions
{
    /// <summary>The name of their section in configuration.</summary>
    public const string Section = "Sinks";

    /// <summary>Credentials by the name that endpoints refer to.</summary>
    public Dictionary<string, SinkCredentials> Credentials { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>What a process shows a server to be let in. It is read when a connection is made, so that a file that was replaced counts from the next one.</summary>
public sealed class SinkCredentials
{
    /// <summary>The user's name; <c>{n}</c> (or <c>{n:000}</c>) is the agent's number, <c>{agent}</c> its name, <c>{simulation}</c> the simulation's number.</summary>
    public string? Username { get; set; }

    /// <summary>The password, as it is.</summary>
    public string? Password { get; set; }

    /// <summary>Instead of <see cref="Password"/>: a pattern as <see cref="Username"/> is.</summary>
    public string? PasswordPattern { get; set; }

    /// <summary>A file with a line <c>user:password</c> for each agent, in the order of their numbers; agents beyond its end begin at its start again.</summary>
    public string? ListFile { get; set; }

    /// <summary>A PEM file with the certificates that the server's must go back to; null: those that the system trusts.</summary>
    public string? CaFile { get; set; }

    /// <summary>A PEM file with the client's certificate.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with its key.</summary>
    public string? KeyFile { get; set; }

    internal static string UnknownText(string name) => $"the credentials '{name}' are not known to this worker (setting {SinkOptions.Section}:Credentials:{name})";

    /// <summary>The lines of <see cref="ListFile"/>; null: there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is not as described.</exception>
    internal (string Username, string Password)[]? ReadList()
    {
        if (ListFile is null) return null;
        var users = new List<(string, string)>();
        foreach (var (number, line) in File.ReadLines(ListFile).Index())
        {
            if (line.Length == 0) continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) throw new FormatException($"line {number + 1} of the list of credentials {ListFile} is not user:password");
            users.Add((line[..colon], line[(colon + 1)..]));
        }
        return users.Count > 0 ? [.. users] : throw new FormatException($"the list of credentials {ListFile} is empty");
    }

    /// <summary>The name and password of an agent; null: it has none.</summary>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="agent">The agent's name.</param>
    /// <param name="number">Its number.</param>
    /// <exception cref="FormatException">A pattern is not as described.</exception>
    internal (string Username, string Password)? Of(string simulation, string agent, long number)
    {
        if (Username is null) return null;
        var password = PasswordPattern is null ? Password : MqttTopics.Expand(PasswordPattern, simulation, agent, number);
        return (MqttTopics.Expand(Username, simulation, agent, number), password ?? "");
    }
}
