"""The U-net++ of this workspace in PyTorch, under the same names: weights go both ways through safetensors.

    network.load_state_dict(safetensors.torch.load_file("model.safetensors"), strict=False)
    safetensors.torch.save_file(network.state_dict(), "model.safetensors")
"""

import torch
from torch import nn


class Node(nn.Module):
    def __init__(self, inputs, outputs, norm):
        super().__init__()
        for place, channels in enumerate((inputs, outputs), 1):
            setattr(self, f"conv{place}", nn.Conv2d(channels, outputs, 3, padding=1))
            setattr(self, f"norm{place}", nn.BatchNorm2d(outputs, 1e-3, 0.01) if norm else nn.Identity())

    def forward(self, x):
        return self.norm2(self.conv2(self.norm1(self.conv1(x).relu())).relu())


class UnetPlusPlus(nn.Module):
    def __init__(self, width=32, depth=5, channels=1, classes=1, dropout=0.5):
        super().__init__()
        self.depth, self.dropout = depth, nn.Dropout(dropout)
        filters = [width << row for row in range(depth)]
        for row in range(depth):
            above = filters[row - 1] if row else channels
            setattr(self, f"x{row + 1}1", Node(above, filters[row], norm=row + 1 < depth))
            for column in range(1, depth - row):
                name = f"{row + 1}{column + 1}"
                setattr(self, f"up{name}", nn.ConvTranspose2d(filters[row + 1], filters[row], 2, 2))
                setattr(self, f"x{name}", Node((column + 1) * filters[row], filters[row], norm=False))
        for level in range(1, depth):
            setattr(self, f"head{level}", nn.Conv2d(filters[0], classes, 1))

    def forward(self, x):
        rows, last = [], self.depth - 1
        for row in range(self.depth):
            x = getattr(self, f"x{row + 1}1")(x)
            dropped = self.dropout(x) if row >= last - 1 else x
            rows.append([dropped if row == last else x])
            x = nn.functional.max_pool2d(dropped, 2) if row < last else None
        for column in range(1, self.depth):
            for row in range(self.depth - column):
                name = f"{row + 1}{column + 1}"
                up = getattr(self, f"up{name}")(rows[row + 1][column - 1])
                rows[row].append(getattr(self, f"x{name}")(torch.cat([up, *rows[row]], 1)))
        return [getattr(self, f"head{level}")(rows[0][level]) for level in range(1, self.depth)]
