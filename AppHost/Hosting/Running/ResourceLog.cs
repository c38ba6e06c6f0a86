using System.Text;

namespace Aspire.Hosting.Running;

enum LogTone
{
    Plain,
    Good,
    Bad,
}

/// <summary>The host's console: one line at a time, each under the name of its resource.</summary>
sealed class HostConsole(TextWriter writer, int nameWidth, bool coloured, bool showsOutput)
{
    const string Plain = "\e[0m";
    readonly Lock _gate = new();

    public static HostConsole ForTerminal(int nameWidth, bool showsOutput) => new(
        Console.Out, nameWidth,
        coloured: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        showsOutput);

    /// <summary>A line that a resource printed.</summary>
    public void Output(string name, int colour, string text)
    {
        if (showsOutput) Line(name, colour, text, LogTone.Plain);
    }

    public void Line(string name, int colour, string text, LogTone tone)
    {
        var label = name.PadRight(nameWidth);
        var line = !coloured ? $"{label} | {text}" : tone switch
        {
            LogTone.Good => $"\e[{colour}m{label} |\e[32m {text}{Plain}",
            LogTone.Bad => $"\e[{colour}m{label} |\e[31m {text}{Plain}",
            _ => $"\e[{colour}m{label} |{Plain} {text}",
        };
        Write(line);
    }

    public void Write(string text)
    {
        lock (_gate)
        {
            try
            {
                writer.WriteLine(text);
                writer.Flush();
            }
            catch (IOException)
            {
                // Nobody reads the console any more; the log files go on.
            }
        }
    }
}

/// <summary>What one resource says: to the console, and to its own file in the logs folder.</summary>
sealed class ResourceLog : IDisposable
{
    const long MaximumBytes = 20_000_000;
    static readonly int[] Colours = [36, 33, 35, 34, 96, 93, 95, 94, 92];

    readonly HostConsole _console;
    readonly string _name;
    readonly int _colour;
    readonly string _path;
    readonly Lock _gate = new();
    StreamWriter _file;

    public ResourceLog(HostConsole console, FleetFolder folder, string name, int index)
    {
        _console = console;
        _name = name;
        _colour = Colours[index % Colours.Length];
        _path = Path.Combine(folder.Logs, $"{name}.log");
        _file = Open();
    }

    /// <summary>A line of the resource's own output.</summary>
    public void Line(string text)
    {
        Store(text);
        _console.Output(_name, _colour, text);
    }

    /// <summary>A remark of the host about the resource.</summary>
    public void Say(string text, LogTone tone = LogTone.Plain)
    {
        Store($"[host] {text}");
        _console.Line(_name, _colour, text, tone);
    }

    public void Dispose()
    {
        lock (_gate) _file.Dispose();
    }

    void Store(string text)
    {
        lock (_gate)
        {
            if (_file.BaseStream is { CanWrite: false }) return;
            try
            {
                _file.WriteLine(text);
                if (_file.BaseStream.Length < MaximumBytes) return;
                _file.Dispose();
                _file = Open();
            }
            catch (IOException)
            {
                // A full disk loses lines; a resource whose output nobody took would stand still.
            }
        }
    }

    // One older file is kept, so that a log cannot fill the disk.
    StreamWriter Open()
    {
        if (new FileInfo(_path) is { Exists: true, Length: >= MaximumBytes }) File.Move(_path, $"{_path}.1", overwrite: true);
        return new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }
}
