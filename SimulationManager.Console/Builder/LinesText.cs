namespace SimulationManager.Console.Builder;

/// <summary>Names as they are typed, one a line; limits are those of the API.</summary>
/// <param name="most">How many there may be.</param>
/// <param name="longest">Characters of each.</param>
public sealed class LinesText(int most, int longest)
{
    public string Text { get; set; } = "";

    public int Most => most;

    public int Longest => longest;

    public IReadOnlyList<string> Lines => Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The lines; null when there are none.</summary>
    public IReadOnlyList<string>? LinesOrNull => Lines is [_, ..] lines ? lines : null;

    public bool IsValid => Lines.Count <= most && Lines.All(line => line.Length <= longest);

    public void Set(IEnumerable<string>? lines) => Text = string.Join('\n', lines ?? []);

    /// <summary>Adds a line, or removes it.</summary>
    public void Toggle(string line) => Set(Lines.Contains(line) ? Lines.Where(one => one != line) : Lines.Append(line));
}
